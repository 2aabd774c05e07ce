// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

export const OUTPUT = String.raw`
io.write-line
  Writes a String and a line end to standard output.
  "hello" io.write-line → prints "hello\n"
io.write
  Writes a String to standard output.
  "hello" io.write → prints "hello"
io.read-line
  The next line of standard input with its line end, and true; "" and false at its end.
  io.read-line [ string.chomp ] [ ] if → "typed"
read_line
  The next line of standard input, of the first vocabulary; "" at its end.
  read_line → "typed\n"
io.read-n
  So many bytes of standard input, at most 10 MiB, and 1; fewer and 0 at its end.
  4 io.read-n → "type" 1
args.count
  How many arguments the program has, with its own name.
  args.count 0 >= → true
args.at
  The argument at a position; 0 is the program's name, "" one that is not there.
  99 args.at → ""
time.sleep-ms
  Waits for so many milliseconds, while other strands go on.
  1 time.sleep-ms → nothing
time.nanos
  Nanoseconds since some moment, which never go back: for measuring. In a turn, of the time at which the turn began.
  time.nanos time.nanos <= → true
time.now
  Seconds since the beginning of 1970 in UTC, without a fraction; in a turn, at which the turn began.
  time.now 1700000000 > → true
terminal.raw-mode
  Gives every key at once and without echo for true, lines again for false; nothing where the input is no terminal.
  false terminal.raw-mode → nothing
terminal.read-char
  The next byte of standard input, when it is there; -1 at its end.
  terminal.read-char → 116
terminal.read-char?
  The next byte of standard input if one is there, else -1, without waiting.
  terminal.read-char? -2 > → true
terminal.width
  How many columns the terminal has; 80 where there is none.
  terminal.width 0 > → true
terminal.height
  How many rows the terminal has; 24 where there is none.
  terminal.height 0 > → true
terminal.flush
  Nothing: what is written leaves at once.
  terminal.flush → nothing
`;

export const FILES = String.raw`
file.slurp
  The bytes of a file, at most 16 MiB, and true; "" and false where it cannot be read.
  "text" "a.txt" file.spit drop "a.txt" file.slurp → "text" true
file-slurp
  The bytes of a file, of the first vocabulary; a fault where it cannot be read.
  "text" "a.txt" file.spit drop "a.txt" file-slurp → "text"
file.spit
  Writes the second into the file on top, in place of what it held; whether that was done.
  "text" "a.txt" file.spit → true
file.append
  Adds the second to the end of the file on top; whether that was done.
  "text" "a.txt" file.append → true
file.exists?
  Whether a path names anything, a folder too.
  "nowhere.txt" file.exists? → false
file.delete
  Deletes a file; whether that was done.
  "nowhere.txt" file.delete → false
file.size
  The size of a file in bytes, and true; 0 and false where there is none.
  "text" "a.txt" file.spit drop "a.txt" file.size → 4 true
file.for-each-line
  Runs a quotation on each line, which keeps one line end; whether the file could be read to its end.
  "a\nb" "a.txt" file.spit drop "a.txt" [ string.chomp io.write ] file.for-each-line → prints "ab" true
dir.exists?
  Whether a path names a folder.
  "." dir.exists? → true
dir.make
  Makes a folder with those that it lies in; whether it is there now.
  "some/folder" dir.make → true
dir.delete
  Deletes an empty folder; whether that was done.
  "nowhere" dir.delete → false
dir.list
  The names in a folder, sorted, and true; an empty List and false where it cannot be read.
  "some/other" dir.make drop "some" dir.list nip → true
os.getenv
  The value of a variable of the environment and true; "" and false where it is not set.
  "NO_SUCH_VARIABLE" os.getenv → "" false
os.home-dir
  The home folder of the user and true; "" and false where it is unknown.
  os.home-dir nip → true
os.current-dir
  The working folder and true; "" and false where it is gone.
  os.current-dir nip → true
os.path-exists
  Whether a path names anything.
  "." os.path-exists → true
os.path-is-file
  Whether a path names a file.
  "." os.path-is-file → false
os.path-is-dir
  Whether a path names a folder.
  "." os.path-is-dir → true
os.path-join
  Two parts of a path put together; the second alone if it begins with /.
  "/home/ann" "notes.txt" os.path-join → "/home/ann/notes.txt"
os.path-parent
  The path without its last part and true; "" and false where there is none.
  "/home/ann/notes.txt" os.path-parent → "/home/ann" true
os.path-filename
  The last part of a path and true; "" and false where there is none.
  "/home/ann/notes.txt" os.path-filename → "notes.txt" true
os.exit
  Ends the program with an exit status from 0 to 255.
  3 os.exit → exits 3
os.name
  The operating system: linux, darwin, windows.
  os.name string.empty? → false
os.arch
  The processor: x86_64, aarch64.
  os.arch string.empty? → false
`;

/** The numbers of signals are made in index.ts. */
export const SIGNALS = `
signal.trap
  Notes a signal instead of ending the program; signal.received? tells whether it has come.
  signal.SIGUSR2 signal.trap signal.SIGUSR2 signal.received? → false
signal.ignore
  Lets a signal do nothing.
  signal.SIGUSR2 signal.ignore → nothing
signal.default
  Lets a signal do again what it does by itself.
  signal.SIGUSR2 signal.default → nothing
signal.received?
  Whether a signal that is trapped has come since this was last asked.
  signal.SIGUSR2 signal.received? → false
signal.pending?
  Whether a signal that is trapped has come; it stays noted.
  signal.SIGUSR2 signal.pending? → false
signal.clear
  Forgets that a signal has come.
  signal.SIGUSR2 signal.clear → nothing
signal.trap-shutdown
  Traps SIGINT and SIGTERM, which ask a program to end.
  signal.trap-shutdown signal.SIGINT signal.default signal.SIGTERM signal.default → nothing
signal.shutdown-requested?
  Whether SIGINT or SIGTERM has come since this was last asked.
  signal.shutdown-requested? → false
signal.ignore-sigpipe
  Lets a write to a reader that is gone fail instead of ending the program.
  signal.ignore-sigpipe → nothing
`;

export const NETWORK = `
net.tcp.listen
  A listener on a port of all addresses, 0 for any free one, and true; false where it cannot be had.
  0 net.tcp.listen drop net.tcp.close → true
net.tcp.connect
  A connection to a host and port, and true; false where there is none.
  0 net.tcp.listen drop net.tcp.local-port drop "127.0.0.1" swap net.tcp.connect nip → true
net.tcp.accept
  The next connection to a listener and true, when it is there; false for a listener that is closed.
  0 net.tcp.listen drop dup net.tcp.local-port drop "127.0.0.1" swap net.tcp.connect nip swap net.tcp.accept nip → true true
net.tcp.local-port
  The port of a socket at this end, and true; 0 and false where it has none.
  0 net.tcp.listen drop net.tcp.local-port swap 0 > → true true
net.tcp.read
  What has arrived, when there is anything, and true; "" and true at the end of the stream, "" and false for a lost connection.
  0 fd->socket net.tcp.read → "" false
net.tcp.write
  Sends the second over the socket on top; whether that was done.
  "hello" 0 fd->socket net.tcp.write → false
net.tcp.close
  Closes a socket; whether it was open.
  0 fd->socket net.tcp.close → false
net.tls.client
  The socket with TLS from now on, whose certificate is checked for the host on top, and true; false where the handshake fails.
  0 fd->socket "localhost" net.tls.client nip → false
fd->socket
  The Socket of a number.
  7 fd->socket socket->fd → 7
socket->fd
  The number of a Socket.
  7 fd->socket socket->fd → 7
net.udp.bind
  A socket on a port, 0 for any free one, the port, and true; false where it cannot be had.
  0 net.udp.bind drop 0 > swap net.udp.close → true true
net.udp.send-to
  Sends the lowest, a datagram, to a host and port from the socket on top; whether that was done.
  "hello" "127.0.0.1" 9 0 fd->socket net.udp.send-to → false
net.udp.receive-from
  The next datagram, the host and port it came from, and true; false for a socket that is closed.
  0 fd->socket net.udp.receive-from → "" "" 0 false
net.udp.close
  Closes a socket; whether it was open.
  0 fd->socket net.udp.close → false
net.dns.resolve
  The addresses of a host and true; an empty List and false where it has none.
  "" net.dns.resolve → [] false
net.http.get
  The response to GET: a Map of status, body, ok, and error where there was no whole response; at most 10 MiB, from public addresses, within 30 seconds of silence.
  "http://127.0.0.1/" net.http.get "ok" map.get drop → false
net.http.delete
  The response to DELETE, as net.http.get has it.
  "http://127.0.0.1/" net.http.delete "status" map.get drop → 0
net.http.post
  The response to POST of a body, the second, of a content type, the top, to a URL; as net.http.get has it.
  "http://127.0.0.1/" "{}" "application/json" net.http.post "ok" map.get drop → false
net.http.put
  The response to PUT of a body, the second, of a content type, the top, to a URL; as net.http.get has it.
  "http://127.0.0.1/" "{}" "application/json" net.http.put "ok" map.get drop → false
`;
