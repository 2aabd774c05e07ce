// The names of the language by the releases of Seq that know them: the first, and the one that dropped the
// name if one did. The words of actors are of this node. A name that is not here is another spelling, which
// programs of several releases have.
import { releaseNumber, type Span } from './releases.ts';

const NAMES: Readonly<Record<string, string>> = {
  '0': `
    and call char->string cond drop dup f.< f.<= f.<> f.= f.> f.>= f.add f.divide f.multiply f.subtract
    float->int float->string int->float int->string nip not or over pick roll rot string->float swap
    tuck
  `,
  '0-0.9': `
    arg arg-count close-channel file-exists? file-slurp make-channel read_line receive send
    string-byte-length string-char-at string-concat string-contains string-empty string-equal
    string-find string-length string-split string-starts-with string-substring string-to-lower
    string-to-upper string-trim variant-append variant-field-at variant-field-count variant-init
    variant-last variant-tag write_line
  `,
  '0-0.15': `
    add divide multiply subtract
  `,
  '0-0.18': `
    spawn
  `,
  '0.4': `
    string->int
  `,
  '0.4-0.9': `
    json-escape list-each list-empty? list-filter list-fold list-length list-map make-map map-empty?
    map-get map-get-safe map-has? map-keys map-remove map-set map-size map-values
  `,
  '0.5.1-0.9': `
    make-variant-0 make-variant-1 make-variant-2 make-variant-3 make-variant-4
  `,
  '0.5.4-0.9': `
    string-chomp
  `,
  '0.5.5': `
    2drop 2dup 3drop abs array-with clamp gcd http-error http-is-get http-is-post http-not-found http-ok
    http-path-is http-path-starts-with http-path-suffix http-request-line http-request-method
    http-request-path http-response json-array? json-bool json-bool? json-empty-array json-empty-object
    json-false json-null json-null? json-number json-number? json-object? json-parse json-serialize
    json-string json-string? json-true json-unwrap-bool json-unwrap-number json-unwrap-string max min
    obj-with sign square string-suffix-after yaml-array? yaml-bool yaml-bool? yaml-empty-object
    yaml-null yaml-null? yaml-number yaml-number? yaml-obj-with yaml-object? yaml-parse
    yaml-parse-nested yaml-serialize yaml-string yaml-string? yaml-strip-simple yaml-unwrap-bool
    yaml-unwrap-number yaml-unwrap-string
  `,
  '0.5.5-7.0': `
    mod
  `,
  '0.5.5-7.2': `
    pow
  `,
  '0.6.3': `
    band bnot bor bxor clz ctz int-bits popcount shl shr
  `,
  '0.9': `
    args.at args.count chan.close chan.make chan.receive chan.send chan.yield file.exists? file.slurp
    io.read-line io.write-line list.each list.empty? list.filter list.fold list.length list.map
    map.empty? map.get map.has? map.keys map.make map.remove map.set map.size map.values os.current-dir
    os.getenv os.home-dir os.path-exists os.path-filename os.path-is-dir os.path-is-file os.path-join
    os.path-parent string.byte-length string.char-at string.chomp string.concat string.contains
    string.empty? string.equal? string.find string.json-escape string.length string.split
    string.starts-with string.substring string.to-lower string.to-upper string.trim variant.append
    variant.field-at variant.field-count variant.init variant.last variant.make-0 variant.make-1
    variant.make-2 variant.make-3 variant.make-4 variant.tag
  `,
  '0.9-7.0': `
    tcp.accept tcp.close tcp.listen tcp.read tcp.write
  `,
  '0.10': `
    os.arch os.exit os.name
  `,
  '0.10.5': `
    test.assert test.assert-eq test.assert-eq-str test.assert-not test.fail test.fail-count test.finish
    test.has-failures test.init test.pass-count
  `,
  '0.10.7': `
    time.nanos time.now time.sleep-ms
  `,
  '0.12': `
    stack.dump
  `,
  '0.12.2': `
    io.read-n
  `,
  '0.15': `
    f.abs f.clamp f.max f.min f.neg f.sign f.square i.add i.divide i.multiply i.subtract
  `,
  '0.16': `
    f.* f.+ f.- f./ i.% i.* i.+ i.- i./ i.< i.<= i.<> i.= i.> i.>= i.eq i.gt i.gte i.lt i.lte i.neq
  `,
  '0.17': `
    f.eq f.gt f.gte f.lt f.lte f.neq
  `,
  '0.18': `
    strand.resume strand.spawn strand.weave strand.weave-cancel yield
  `,
  '0.18.6': `
    io.write
  `,
  '0.18.8': `
    kv list-of list.get list.make list.push list.set lv map-of son.dump son.dump-pretty string->symbol
    symbol->string symbol.= wrap-0 wrap-1 wrap-2 wrap-3 wrap-4
  `,
  '0.19.6': `
    i.modulo
  `,
  '0.20': `
    crypto.constant-time-eq crypto.hmac-sha256 crypto.random-bytes crypto.sha256 crypto.uuid4
    encoding.base64-decode encoding.base64-encode encoding.base64url-decode encoding.base64url-encode
    encoding.hex-decode encoding.hex-encode
  `,
  '0.20-7.0': `
    http.delete http.get http.post http.put
  `,
  '0.21': `
    compress.gunzip compress.gzip compress.gzip-level compress.unzstd compress.zstd compress.zstd-level
    crypto.aes-gcm-decrypt crypto.aes-gcm-encrypt crypto.ed25519-keypair crypto.ed25519-sign
    crypto.ed25519-verify crypto.pbkdf2-sha256 regex.captures regex.find regex.find-all regex.match?
    regex.replace regex.replace-all regex.split regex.valid?
  `,
  '1.0.5': `
    crypto.random-int terminal.flush terminal.height terminal.raw-mode terminal.read-char
    terminal.read-char? terminal.width
  `,
  '2.0.1': `
    json-int
  `,
  '2.1': `
    signal.SIGALRM signal.SIGCHLD signal.SIGCONT signal.SIGHUP signal.SIGINT signal.SIGPIPE
    signal.SIGTERM signal.SIGUSR1 signal.SIGUSR2 signal.clear signal.default signal.ignore
    signal.ignore-sigpipe signal.pending? signal.received? signal.shutdown-requested? signal.trap
    signal.trap-shutdown
  `,
  '2.2': `
    variant.make-10 variant.make-11 variant.make-12 variant.make-5 variant.make-6 variant.make-7
    variant.make-8 variant.make-9 wrap-10 wrap-11 wrap-12 wrap-5 wrap-6 wrap-7 wrap-8 wrap-9
    zipper.at-end? zipper.at-start? zipper.delete zipper.empty? zipper.end zipper.focus zipper.from-list
    zipper.index zipper.insert-left zipper.insert-right zipper.left zipper.length zipper.make-empty
    zipper.right zipper.set zipper.start zipper.to-list
  `,
  '3.1': `
    dir.delete dir.exists? dir.list dir.make file.append file.delete file.size file.spit
  `,
  '4.0.1': `
    >aux aux>
  `,
  '5.1': `
    bi dip i.neg keep list.reverse map.each map.fold negate string.join
  `,
  '5.4': `
    each-integer integer-fold times
  `,
  '5.6.3': `
    test.set-name
  `,
  '6.0': `
    if unless when
  `,
  '6.1': `
    float.to-bytes-f32-be int.to-bytes-i32-be list.first list.last variant.first
  `,
  '6.1-7.0': `
    udp.bind udp.close udp.receive-from udp.send-to
  `,
  '6.3': `
    int->bits int->bits-padded
  `,
  '6.5': `
    int->bits-fmt-16 int->bits-fmt-8
  `,
  '6.6': `
    file.for-each-line
  `,
  '7.0': `
    f.acos f.asin f.atan f.atan2 f.cbrt f.ceil f.cos f.e f.exp f.floor f.ln f.log10 f.log2 f.pi f.pow
    f.round f.sin f.sqrt f.tan f.tau f.trunc fd->socket net.http.delete net.http.get net.http.post
    net.http.put net.tcp.accept net.tcp.close net.tcp.listen net.tcp.read net.tcp.write net.udp.bind
    net.udp.close net.udp.receive-from net.udp.send-to socket->fd
  `,
  '7.0.0': `
    actor-ask actor-become actor-cancel actor-register actor-reply actor-self actor-send actor-send-after
    actor-send-every actor-send-every-missed actor.send-every actor.send-every-missed
    actor-sender actor-spawn actor-spawn-at actor-state actor-stop actor-try-ask actor-unwatch actor-watch
    actor.ask actor.become actor.cancel actor.register actor.reply actor.self actor.send actor.send-after
    actor.sender actor.spawn actor.spawn-at actor.state actor.stop actor.try-ask actor.unwatch actor.watch
    actor-link actor-stash actor-unlink actor-unstash-all actor-whereis
    actor.link actor.stash actor.unlink actor.unstash-all actor.whereis
    actor-subscribe actor-unsubscribe actor.subscribe actor.unsubscribe
    child child-at child-fresh child-restart child-shutdown child-shutdown-infinity child-shutdown-kill
    child-significant child-supervisor child-volatile child.at child.fresh child.make child.restart
    child.shutdown child.shutdown-infinity child.shutdown-kill child.significant child.supervisor
    child.volatile journal-append journal.append supervisor-add supervisor-add-instance
    supervisor-auto-shutdown supervisor-back-off supervisor-child supervisor-children supervisor-count
    supervisor-delete supervisor-intensity supervisor-remove supervisor-restart supervisor-start
    supervisor-start-at supervisor-strategy supervisor-terminate supervisor.add supervisor.add-instance
    supervisor.auto-shutdown supervisor.back-off supervisor.child supervisor.children supervisor.count
    supervisor.delete supervisor.intensity supervisor.remove supervisor.restart supervisor.start
    supervisor.start-at supervisor.strategy supervisor.terminate
  `,
  '7.2': `
    i.pow
  `,
  '7.3': `
    net.dns.resolve net.tcp.connect net.tls.client
  `,
  '7.4': `
    net.tcp.local-port
  `,
};

let spans: Map<string, Span> | undefined;

/** The releases that know a name; undefined for one that none has. */
export function releasesWith(name: string): Span | undefined {
  if (spans === undefined) {
    spans = new Map();
    for (const [releases, names] of Object.entries(NAMES)) {
      const [from, until] = releases.split('-');
      const span = {
        from: releaseNumber(from!),
        until: until === undefined ? Number.POSITIVE_INFINITY : releaseNumber(until),
      };
      for (const each of names.trim().split(/\s+/)) spans.set(each, span);
    }
  }
  return spans.get(name);
}
