// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

/** Signs and words that the parser reads. */
export const KEYWORDS = String.raw`
:
  Begins the definition of a word, : name ( inputs -- outputs ) body ; and before a name without a space a Symbol.
  : double ( Int -- Int ) 2 * ; 4 double → 8
;
  Ends the definition of a word.
  : double ( Int -- Int ) 2 * ; 4 double → 8
(
  Begins a stack effect, which stands after the name of a word and says what it takes and leaves, the top at the right.
  : double ( Int -- Int ) 2 * ; 4 double → 8
)
  Ends a stack effect.
  : double ( Int -- Int ) 2 * ; 4 double → 8
--
  In an effect: what the word takes stands before it, what it leaves behind it.
  : double ( Int -- Int ) 2 * ; 4 double → 8
[
  Begins a quotation: code as a value, which words such as call, if and list.map run.
  5 [ 2 * ] call → 10
]
  Ends a quotation.
  5 [ 2 * ] call → 10
if
  Runs the first of two quotations for true, the second for false; as a keyword, what stands before else or then.
  5 3 > [ "more" ] [ "less" ] if → "more"
else
  In if … else … then: what runs for false.
  5 3 > if "more" else "less" then → "more"
then
  Ends if … else … then, or if … then.
  5 3 > if "more" else "less" then → "more"
match
  Takes a value of a union and runs the arm of its variant, on the fields that the arm names or on all.
  union Shape { Circle { radius: Int } Point } 3 Make-Circle match Circle { >radius } -> Point -> 0 end → 3
->
  Stands between the pattern of an arm and its body.
  union Shape { Circle { radius: Int } Point } Make-Point match Circle -> drop "round" Point -> "none" end → "none"
end
  Ends a match.
  union Shape { Circle { radius: Int } Point } 3 Make-Circle match Circle -> Point -> 0 end → 3
union
  Defines a type of variants with fields, and the words Make-X, is-X? and X-field for each variant X.
  union Shape { Circle { radius: Int } Point } 3 Make-Circle dup is-Circle? swap Circle-radius → true 3
{
  Begins the variants of a union, the fields of a variant, or those that a pattern picks.
  union Shape { Circle { radius: Int } Point } 3 Make-Circle Circle-radius → 3
}
  Ends what { begins.
  union Shape { Circle { radius: Int } Point } 3 Make-Circle Circle-radius → 3
include
  Brings in a module of the library, or a file of the program by its path without .seq: include "lib/shapes".
  include std:imath 7 square → 49
true
  The Bool that holds.
  true false or → true
false
  The Bool that does not hold.
  true false and → false
#
  Begins a comment, to the end of the line; # seq:allow(rule) before a word switches a lint off.
  1 2 + # a comment → 3
|
  In an effect, before Yield and the type of what the word yields to whoever resumes its weave.
  : ones ( WeaveCtx Int -- | Yield Int ) drop 1 yield ones ; [ ones ] strand.weave 0 strand.resume drop nip → 1
Int
  The type of whole numbers of 63 bits, from -4611686018427387904 to 4611686018427387903; results wrap around.
  4611686018427387903 1 + → -4611686018427387904
Float
  The type of numbers of 64 bits with a fraction (IEEE 754); 3.0 is never the Int 3.
  0.5 0.25 + → 0.75
Bool
  The type of true and false.
  1 2 < → true
String
  The type of text in UTF-8, which may also be any other bytes; positions and lengths are in code points, from 0 on.
  "caf\xc3\xa9" string.length → 4
Symbol
  The type of names that stand for themselves, :name.
  :red :red symbol.= → true
List
  The type of immutable sequences; positions are from 0 on.
  list-of 1 lv 2 lv → [1 2]
Map
  The type of immutable tables by keys, which are Ints, Bools or Strings.
  map-of "apples" 3 kv → {"apples" 3}
Variant
  The type of all variants: a tag and up to 12 fields. A union is a narrower type.
  3 :Circle variant.make-1 → (Circle 3)
Channel
  The type of queues between strands.
  chan.make 7 over chan.send drop chan.receive → 7 true
Socket
  The type of connections and listeners of the network; no data.
  0 net.udp.bind drop drop net.udp.close → true
WeaveCtx
  The type of the handle of a weave, and of the context within it.
  [ drop drop ] strand.weave strand.weave-cancel → nothing
`;

/** Words that move values, run quotations and decide. */
export const STACK = String.raw`
dup
  Copies the top value.
  5 dup → 5 5
drop
  Takes the top value away.
  1 2 drop → 1
swap
  Exchanges the two top values.
  1 2 swap → 2 1
over
  Copies the second value to the top.
  1 2 over → 1 2 1
rot
  Brings the third value to the top.
  1 2 3 rot → 2 3 1
nip
  Takes the second value away.
  1 2 nip → 2
tuck
  Copies the top value below the second.
  1 2 tuck → 2 1 2
2dup
  Copies the two top values.
  1 2 2dup → 1 2 1 2
2drop
  Takes the two top values away.
  1 2 3 2drop → 1
3drop
  Takes the three top values away.
  1 2 3 4 3drop → 1
pick
  Copies the value that lies so many below the top: 0 pick is dup, 1 pick is over.
  7 8 9 2 pick → 7 8 9 7
roll
  Brings up the value that lies so many below the top: 1 roll is swap, 2 roll is rot.
  7 8 9 2 roll → 8 9 7
>aux
  Puts the top value aside; the word or quotation must take it back before it ends.
  1 2 >aux 10 + aux> → 11 2
aux>
  Takes back what was last put aside.
  1 2 >aux 10 + aux> → 11 2
stack.dump
  Writes all that the word sees of the stack, and takes it away.
  1 "two" stack.dump → prints "» 1 \"two\"\n"
call
  Runs a quotation.
  5 [ 2 * ] call → 10
dip
  Runs a quotation below the top value.
  1 2 [ 10 + ] dip → 11 2
keep
  Runs a quotation and pushes the value again that was on top before.
  5 [ 1 + ] keep → 6 5
bi
  Runs two quotations on the same value.
  5 [ 1 + ] [ 2 * ] bi → 6 10
when
  Runs a quotation for true.
  5 true [ 10 + ] when → 15
unless
  Runs a quotation for false.
  5 false [ 10 + ] unless → 15
cond
  Tries tests in turn and runs the body of the first that leaves true; the number of both pairs stands before it.
  5 [ dup 0 < ] [ drop "negative" ] [ true ] [ drop "other" ] 2 cond → "other"
times
  Runs a quotation so many times.
  3 [ "ho " io.write ] times → prints "ho ho ho "
each-integer
  Runs a quotation on each Int from 0 up to, and without, the given one.
  3 [ int->string io.write ] each-integer → prints "012"
integer-fold
  Goes through the Ints from 0 up to, and without, the first, with a value that the quotation changes.
  5 0 [ + ] integer-fold → 10
and
  Whether both Bools are true.
  true false and → false
or
  Whether one of two Bools is true.
  true false or → true
not
  The other Bool.
  true not → false
`;
