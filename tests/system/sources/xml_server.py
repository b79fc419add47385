"""A server with threads that counts the elements of documents sent to it by POST; GET shows what a negative length of a buffer does."""
import ctypes
import http.server
import sys
import xml.parsers.expat

expat = ctypes.CDLL("libexpat.so.1")
expat.XML_ParserCreate.restype = ctypes.c_void_p
expat.XML_GetBuffer.argtypes = [ctypes.c_void_p, ctypes.c_int]
expat.XML_GetBuffer.restype = ctypes.c_void_p
expat.XML_ParseBuffer.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
expat.XML_GetErrorCode.argtypes = [ctypes.c_void_p]
expat.XML_ParserFree.argtypes = [ctypes.c_void_p]
expat.XML_ErrorString.restype = ctypes.c_char_p


def probe():
    parser = expat.XML_ParserCreate(None)
    expat.XML_GetBuffer(parser, 100)
    status = expat.XML_ParseBuffer(parser, -1, 0)
    text = expat.XML_ErrorString(expat.XML_GetErrorCode(parser))
    expat.XML_ParserFree(parser)
    return f"{status} {(text or b'no error').decode()}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        names = []
        parser = xml.parsers.expat.ParserCreate()
        parser.StartElementHandler = lambda name, attributes: names.append(name)
        left = int(self.headers["Content-Length"])
        while left:
            piece = self.rfile.read(min(left, 1000))
            left -= len(piece)
            parser.Parse(piece, not left)
        self.answer(str(len(names)))

    def do_GET(self):
        self.answer(probe())

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
