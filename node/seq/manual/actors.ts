// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

/** Their examples are the body of a turn, with the state below; greet is a behaviour. */
export const ACTORS = `
actor.spawn
  A new actor of a behaviour, ( Map Message -- Map ); leaves its address, a UUID.
  [ greet ] actor.spawn "hello" actor.send → spawns greet; sends new "hello"
actor.spawn-at
  A new actor at a path, absolute or below this actor; leaves its address.
  "/user/ann" [ greet ] actor.spawn-at drop → spawns greet /user/ann
actor.register
  A new actor under a name that is unique in the cluster; leaves its address.
  "ann" [ greet ] actor.register drop → spawns greet ann
actor.send
  Sends a message, the top, to an actor by its address, path or name; it leaves when the turn is committed.
  "ann" "hello" actor.send → sends ann "hello"
actor.ask
  The answer of an actor to a message; a time-out, ask-timeout-ms in the configuration of the node, and a refusal fail the turn.
  "ann" "hello" actor.ask drop → asks ann "hello"
actor.try-ask
  The answer of an actor within so many milliseconds, the top, and true; 0 and false where none has come.
  "ann" "hello" 500 actor.try-ask 2drop → asks ann "hello"
actor.whereis
  Whether an actor lives at a name, path or UUID in this moment: leaves its path and true, or "" and false where none does or it has ended.
  "ann" actor.whereis [ "hello" actor.send ] [ drop ] if → looks up ann; sends /name/ann "hello"
actor.reply
  Answers the ask that this turn handles; once at most.
  "welcome" actor.reply → replies "welcome"
actor.self
  The address of this actor.
  "ann" actor.self actor.send → sends ann "/user/me"
actor.sender
  The address of the actor that sent the message; "" for a client.
  actor.sender "thanks" actor.send → sends /user/sender "thanks"
actor.stop
  Stops an actor.
  "ann" actor.stop → stops ann
actor.state
  The state before this turn.
  "seen" actor.state map.size map.set → state {"seen" 0}
actor.become
  Another behaviour for this actor, from its next message on.
  [ greet ] actor.become → becomes greet
actor.stash
  Puts the message of this turn aside, durably, until actor.unstash-all; whoever asked is answered when it is handled then.
  actor.stash → stashes
actor.unstash-all
  All messages that earlier turns put aside come next, in their order, before what waits in the mailbox.
  [ greet ] actor.become actor.unstash-all → becomes greet; takes all out of the stash
actor.watch
  Asks for the message Terminated path reason, once, when an actor ends or where none is; the reasons are :stopped :failed :purged :no-such-actor :lost.
  "ann" actor.watch → watches ann
actor.unwatch
  Takes actor.watch back: this actor is not told any more, unless it is already.
  "ann" actor.unwatch → unwatches ann
actor.subscribe
  The journal records of all actors whose paths begin so come as messages Recorded path sequence record, each once, those of one actor in order, from their beginning on.
  "/user/orders/" actor.subscribe → subscribes to /user/orders/
actor.unsubscribe
  Ends actor.subscribe: nothing comes after this turn. Subscribing again begins anew.
  "/user/orders/" actor.unsubscribe → ends subscription to /user/orders/
actor.link
  Ties this actor and another: where one fails for good, so does the other, unless its messages have Terminated path reason: then it is told.
  "ann" actor.link → links ann
actor.unlink
  Takes a link back, from either side.
  "ann" actor.unlink → unlinks ann
actor.send-after
  Sends a message, the second, once after so many milliseconds, the top; leaves the id of the timer. Durable: it outlives nodes.
  "ann" "hello" 500 actor.send-after drop → sends ann "hello" after 500 ms
actor.send-every
  Sends a message, the second, every so many milliseconds, the top, until actor.cancel; leaves the id of the timer. Occurrences that were missed are made up by one.
  "ann" "hello" 500 actor.send-every drop → sends ann "hello" every 500 ms, missed once
actor.send-every-missed
  Like actor.send-every, and says what becomes of missed occurrences: one message for all (:once), none (:skip) or one for each (:all).
  "ann" "hello" 500 :skip actor.send-every-missed drop → sends ann "hello" every 500 ms, missed skip
actor.cancel
  Takes back a timer of this actor, by the id that actor.send-after or actor.send-every left; one that is gone is no fault.
  "timer" actor.cancel → cancels timer
child.make
  A child of a supervisor: its id, and its behaviour, the top. It lives below the supervisor, and is permanent: always started again.
  "a" [ greet ] child "id" map.get drop "id" swap map.set → state {"id" "a"}
child.supervisor
  A child that is a supervisor: its id, its settings and its children, the top. It is started again with its children.
  "b" map.make list.make child-supervisor "program" map.get drop "is" swap map.set → state {"is" (Supervisor {"children" []})}
child.at
  Another place for a child than below its supervisor: an address, the top.
  "a" [ greet ] child "/user/ann" child.at "path" map.get drop "is" swap map.set → state {"is" "/user/ann"}
child.restart
  When a child is started again: always (:permanent), after a fault (:transient), never (:temporary).
  "a" [ greet ] child :transient child.restart "restart" map.get drop "is" swap map.set → state {"is" :transient}
child.shutdown
  The milliseconds that a child has to stop, the top, before it is killed; 5000 without it, and for a supervisor no limit.
  "a" [ greet ] child 500 child.shutdown "shutdown" map.get drop "is" swap map.set → state {"is" 500}
child.shutdown-kill
  A child that is killed at once when it is to stop: it does not end its turn.
  "a" [ greet ] child child.shutdown-kill "shutdown" map.get drop "is" swap map.set → state {"is" :brutal-kill}
child.shutdown-infinity
  A child that may take as long as it needs to stop.
  "a" [ greet ] child child.shutdown-infinity "shutdown" map.get drop "is" swap map.set → state {"is" :infinity}
child.significant
  A child whose end can end its supervisor, see supervisor.auto-shutdown. It must not be permanent.
  "a" [ greet ] child :transient child.restart child.significant "significant" map.get drop "is" swap map.set → state {"is" true}
child.volatile
  A child that is not journaled, and begins with an empty state each time that it is started.
  "a" [ greet ] child child.volatile "mode" map.get drop "is" swap map.set → state {"is" :volatile}
child.fresh
  A child that begins with an empty state when it is started again; without this it keeps the one that it has.
  "a" [ greet ] child child.fresh "state" map.get drop "is" swap map.set → state {"is" :fresh}
supervisor.strategy
  With the child that failed are restarted: no others (:one-for-one), all (:one-for-all), those started after it (:rest-for-one). With :simple-one-for-one all children are instances of one, see supervisor.add-instance.
  map.make :one-for-all supervisor.strategy "strategy" map.get drop "is" swap map.set → state {"is" :one-for-all}
supervisor.auto-shutdown
  The supervisor ends with a significant child that ends for good: with the first (:any-significant), with the last (:all-significant), or goes on (:never).
  map.make :any-significant supervisor.auto-shutdown "auto-shutdown" map.get drop "is" swap map.set → state {"is" :any-significant}
supervisor.intensity
  So many restarts, the second, are allowed within so many milliseconds, the top; one more ends the supervisor. Without it 1 within 5000.
  map.make 3 60000 supervisor.intensity "intensity" map.get drop "is" swap map.set → state {"is" 3}
supervisor.back-off
  A restart waits from so many milliseconds, the second, doubled for each restart in a row, up to so many, the top.
  map.make 100 5000 supervisor.back-off map.size "entries" swap map.set → state {"entries" 1}
supervisor.start
  A supervisor of its settings and its children, the top, in the order of their starts; leaves its address, a UUID.
  map.make list.make "a" [ greet ] child list.push supervisor.start drop → spawns supervisor
supervisor.start-at
  A supervisor at a path, of its settings and its children, the top, in the order of their starts; leaves its address.
  "/user/sup" map.make list.make "a" [ greet ] child list.push supervisor.start-at drop → spawns supervisor /user/sup
supervisor.children
  What a supervisor has, which is asked: a List of Maps with "id", "path", "status" and "type".
  "/user/sup" supervisor.children drop → asks /user/sup (Children)
supervisor.count
  How many children a supervisor has, which is asked: a Map of "specs", "active", "supervisors" and "workers".
  "/user/sup" supervisor.count drop → asks /user/sup (Count)
supervisor.add
  Asks a supervisor to start one child more, the top, as the last; leaves its address. An id that it has already fails the turn.
  "/user/sup" "b" map.make list.make child-supervisor supervisor.add drop → asks /user/sup (Add {"id" "b" "program" (Supervisor {"children" []})})
supervisor.add-instance
  Asks a :simple-one-for-one supervisor for one instance more of its child, under an id, the top; leaves its address.
  "/user/sup" "b" supervisor.add-instance drop → asks /user/sup (Instance "b")
supervisor.remove
  Asks a supervisor to stop a child, by its id, the top, and to forget it.
  "/user/sup" "a" supervisor.remove → asks /user/sup (Remove "a")
supervisor.terminate
  Asks a supervisor to stop a child, by its id, the top, which it then does not start by itself; a temporary one is forgotten.
  "/user/sup" "a" supervisor.terminate → asks /user/sup (Terminate "a")
supervisor.restart
  Asks a supervisor to start a child that is stopped, by its id, the top; that of one that runs fails the turn. It counts as no restart.
  "/user/sup" "a" supervisor.restart → asks /user/sup (Restart "a")
supervisor.delete
  Asks a supervisor to forget a child that is stopped, by its id, the top.
  "/user/sup" "a" supervisor.delete → asks /user/sup (Delete "a")
supervisor.child
  What a supervisor was told of a child, by its id, the top: the Map that child made, with what was left out.
  "/user/sup" "a" supervisor.child drop → asks /user/sup (Spec "a")
journal.append
  Adds an event to the record of this turn; without one, the message is its event.
  100 :Deposited variant.make-1 journal.append → appends (Deposited 100)
`;

export const STRANDS = `
strand.spawn
  Starts a quotation as a strand, on a copy of the stack; leaves its number.
  [ "beside" io.write ] strand.spawn drop → prints "beside"
strand.weave
  A coroutine of a quotation, which runs to its next yield each time that it is resumed; leaves its handle.
  [ 1 + yield 2drop ] strand.weave 10 strand.resume drop nip → 11
strand.resume
  Gives a value, the top, to a weave; leaves the handle, what it yields, and true, or 0 and false where it has ended.
  [ 1 + yield 2drop ] strand.weave 10 strand.resume drop nip → 11
yield
  Within a weave: gives a value to whoever resumes it, and leaves the context and the value it is next resumed with.
  [ 1 + yield 2drop ] strand.weave 10 strand.resume drop nip → 11
strand.weave-cancel
  Ends a weave early.
  [ 2drop ] strand.weave strand.weave-cancel → nothing
chan.make
  A channel: a queue between strands.
  chan.make 7 over chan.send drop chan.receive → 7 true
chan.send
  Puts a value, the second, into a channel, without waiting; whether that was done, false for a closed channel.
  7 chan.make chan.send → true
chan.receive
  The next value of a channel, when there is one, and true; 0 and false for a closed channel that is empty.
  chan.make dup chan.close chan.receive → 0 false
chan.close
  Closes a channel: nothing more can be sent, what was sent can be received.
  chan.make chan.close → nothing
chan.yield
  Lets the other strands go on.
  [ "first" io.write ] strand.spawn drop chan.yield " then" io.write → prints "first then"
send
  Puts a value into a channel, of the first vocabulary; a fault for a closed channel.
  chan.make 7 over send receive → 7
receive
  The next value of a channel, of the first vocabulary; 0 for a closed channel that is empty.
  chan.make 7 over send receive → 7
`;

export const TESTS = String.raw`
test.init
  Begins to count assertions, under a name.
  "sums" test.init 1 2 + 3 test.assert-eq test.finish → prints "sums ... ok\n"
test.set-name
  Another name for the assertions that are counted.
  "sums" test.set-name test.finish → prints "sums ... ok\n"
test.finish
  Writes the name, ok or FAILED, and the first five failures.
  "sums" test.init 1 2 + 4 test.assert-eq test.finish → prints "sums ... FAILED\n  at line 1: expected 4, got 3\n"
test.assert
  Counts whether a Bool is true.
  true test.assert test.pass-count → 1
test.assert-not
  Counts whether a Bool is false.
  false test.assert-not test.pass-count → 1
test.assert-eq
  Counts whether two Ints are the same: the result, and what is expected, on top.
  1 2 + 3 test.assert-eq test.fail-count → 0
test.assert-eq-str
  Counts whether two Strings are the same: the result, and what is expected, on top.
  "a" "b" test.assert-eq-str test.fail-count → 1
test.fail
  Counts a failure, with a message.
  "not yet" test.fail test.has-failures → true
test.pass-count
  How many assertions have held.
  true test.assert test.pass-count → 1
test.fail-count
  How many assertions have failed.
  true test.assert test.fail-count → 0
test.has-failures
  Whether an assertion has failed.
  false test.assert test.has-failures → true
`;
