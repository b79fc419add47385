// Many goroutines, channels, timers, signals, commands, network connections and a web server, in one program.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// sums has workers add up what comes through a channel while the collector of garbage runs.
func sums() {
	numbers, results := make(chan []int), make(chan int)
	for i := 0; i < 200; i++ {
		go func() {
			sum := 0
			for some := range numbers {
				for _, number := range some {
					sum += number
				}
				runtime.Gosched()
			}
			results <- sum
		}()
	}
	for i := 0; i < 20000; i++ {
		numbers <- []int{i, i + 1, i + 2}
		if i%5000 == 0 {
			runtime.GC()
		}
	}
	close(numbers)
	sum := 0
	for i := 0; i < 200; i++ {
		sum += <-results
	}
	fmt.Println("sum", sum)
}

// echoes sends data through many connections at once; all of them wait in one poller.
func echoes() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = io.Copy(connection, connection)
			}()
		}
	}()
	var group sync.WaitGroup
	data := bytes.Repeat([]byte("0123456789"), 20000)
	expected := sha256.Sum256(data)
	var lock sync.Mutex
	right := 0
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			connection, err := net.Dial("tcp", listener.Addr().String())
			check(err)
			defer connection.Close()
			go func() {
				_, _ = connection.Write(data)
				_ = connection.(*net.TCPConn).CloseWrite()
			}()
			received, err := io.ReadAll(connection)
			check(err)
			if sha256.Sum256(received) == expected {
				lock.Lock()
				right++
				lock.Unlock()
			}
		}()
	}
	group.Wait()
	fmt.Println("echoes", right)
	connection, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	check(connection.SetReadDeadline(time.Now().Add(20 * time.Millisecond)))
	_, err = connection.Read(make([]byte, 1))
	fmt.Println("deadline", os.IsTimeout(err))
	_ = listener.Close()
	_, err = net.Dial("tcp", listener.Addr().String())
	fmt.Println("closed", strings.Contains(fmt.Sprint(err), "connection refused"))
}

func web() {
	mux := http.NewServeMux()
	mux.HandleFunc("/upper", func(writer http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		_, _ = writer.Write(bytes.ToUpper(body))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() { _ = http.Serve(listener, mux) }()
	var group sync.WaitGroup
	answers := make([]string, 50)
	for i := range answers {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			response, err := http.Post("http://"+listener.Addr().String()+"/upper", "text/plain", strings.NewReader(fmt.Sprintf("answer %d", i)))
			check(err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			check(err)
			answers[i] = string(body)
		}(i)
	}
	group.Wait()
	sort.Strings(answers)
	fmt.Printf("web %x\n", sha256.Sum256([]byte(strings.Join(answers, ","))))
}

func commands() {
	var group sync.WaitGroup
	outputs := make([]string, 8)
	for i := range outputs {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			command := exec.Command("sh", "-c", "cat; echo $NUMBER; exit $NUMBER")
			command.Env = append(os.Environ(), fmt.Sprintf("NUMBER=%d", i))
			command.Stdin = strings.NewReader("input ")
			output, err := command.Output()
			outputs[i] = fmt.Sprintf("%q %v", output, err)
		}(i)
	}
	group.Wait()
	fmt.Println(strings.Join(outputs, ", "))
	command := exec.Command("sleep", "100")
	check(command.Start())
	check(command.Process.Signal(syscall.SIGTERM))
	fmt.Println("sleep:", command.Wait())
	_, err := exec.Command("no-such-program").Output()
	fmt.Println(err)
}

func signals() {
	received := make(chan os.Signal, 10)
	signal.Notify(received, syscall.SIGUSR1, syscall.SIGHUP)
	for _, number := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGUSR1} {
		check(syscall.Kill(os.Getpid(), number))
		fmt.Println("signal", <-received)
	}
	defer func() { fmt.Println("recovered:", recover()) }()
	var pointer *int
	fmt.Println(*pointer)
}

func main() {
	sums()
	echoes()
	web()
	commands()
	signals()
	ticker := time.NewTicker(time.Millisecond)
	for i := 0; i < 20; i++ {
		<-ticker.C
	}
	fmt.Println("end")
	os.Exit(3)
}
