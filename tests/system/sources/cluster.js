// A cluster of processes behind one port, threads with shared memory, compression, hashes and commands.
'use strict';
const cluster = require('node:cluster');
const crypto = require('node:crypto');
const http = require('node:http');
const zlib = require('node:zlib');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

function get(port, path) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve(Buffer.concat(pieces).toString()));
    }).on('error', reject);
  });
}

async function processes() {
  const workers = [cluster.fork(), cluster.fork(), cluster.fork()];
  const ports = await Promise.all(workers.map((worker) => new Promise((resolve) =>
    worker.once('listening', (address) => resolve(address.port)))));
  console.log('one port', new Set(ports).size);
  const answers = await Promise.all([...Array(60).keys()].map((i) => get(ports[0], `/${i}`)));
  console.log('answers', answers.every((answer, i) => answer.startsWith(`/${i} `)));
  const pids = workers.map((worker) => String(worker.process.pid));
  console.log('by workers', answers.every((answer) => pids.includes(answer.split(' ')[1])));
  const killed = new Promise((resolve) => cluster.once('exit', (worker, code, signal) => resolve(`${code} ${signal}`)));
  process.kill(workers[0].process.pid, 'SIGKILL');
  console.log('killed', await killed);
  const more = await Promise.all([...Array(20).keys()].map((i) => get(ports[0], `/${i}`)));
  console.log('by those who are left', more.every((answer) => pids.indexOf(answer.split(' ')[1]) > 0));
  const ends = workers.slice(1).map((worker) => new Promise((resolve) => worker.once('exit', (code) => resolve(code))));
  for (const worker of workers.slice(1)) worker.send('end');
  console.log('ended', await Promise.all(ends));
}

async function threads() {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workers = [...Array(4).keys()].map((number) => new Worker(__filename, { workerData: { shared, number } }));
  Atomics.store(shared, 1, 1);
  Atomics.notify(shared, 1);
  const results = await Promise.all(workers.map((worker) => new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  })));
  console.log('threads', results, Atomics.load(shared, 0));
}

function thread() {
  const { shared, number } = workerData;
  Atomics.wait(shared, 1, 0);
  for (let i = 0; i < 10000; i++) Atomics.add(shared, 0, 1);
  parentPort.postMessage(crypto.createHash('sha256').update(`thread ${number}`).digest('hex').slice(0, 8));
}

async function rest() {
  const text = Buffer.from([...Array(200000).keys()].join(' '));
  const packed = await Promise.all([zlib.gzip, zlib.brotliCompress, zlib.deflate].map((pack) =>
    promisify(pack)(text, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })));
  const unpacked = await Promise.all([zlib.gunzip, zlib.brotliDecompress, zlib.inflate].map((unpack, i) => promisify(unpack)(packed[i])));
  console.log('zlib', unpacked.every((data) => data.equals(text)), packed.map((data) => data.length));
  console.log((await promisify(crypto.pbkdf2)('password', 'salt', 20000, 32, 'sha512')).toString('hex'));
  const key = crypto.createHash('sha256').update('key').digest();
  const cipher = crypto.createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
  console.log(crypto.createHash('md5').update(Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])).digest('hex'));
  const { privateKey, publicKey } = await promisify(crypto.generateKeyPair)('ec', { namedCurve: 'P-256' });
  console.log('signature', crypto.verify('sha256', text, publicKey, crypto.sign('sha256', text, privateKey)));
  const outputs = await Promise.all([...Array(4).keys()].map((i) => promisify(execFile)('sh', ['-c', `echo ${i}`])));
  console.log(outputs.map(({ stdout }) => stdout.trim()));
}

async function main() {
  await processes();
  await threads();
  await rest();
}

if (!isMainThread) {
  thread();
} else if (cluster.isPrimary) {
  main().catch((problem) => {
    console.log('failed', problem);
    process.exit(1);
  });
} else {
  http.createServer((request, response) => response.end(`${request.url} ${process.pid}`)).listen(0, '127.0.0.1');
  process.on('message', () => process.exit(5));
}
