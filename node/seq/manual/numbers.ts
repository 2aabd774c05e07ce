// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

/** Operators: what they mean for the types that they take. */
export const OPERATORS = `
+
  The sum of two Ints or Floats, or two Strings joined.
  "con" "cat" + → "concat"
-
  The second minus the top.
  7 2 - → 5
*
  The product.
  6 7 * → 42
/
  The quotient; of Ints towards zero, with a Bool that is false for a divisor of 0.
  7 2 / → 3 true
%
  The rest of a division of Ints, with the sign of the dividend, and a Bool that is false for a divisor of 0.
  -7 2 % → -1 true
=
  Whether two Ints, Floats, Strings or Symbols are the same.
  "a" "a" = → true
<
  Whether the second is less than the top.
  1 2 < → true
>
  Whether the second is more than the top.
  1 2 > → false
<=
  Whether the second is at most the top.
  2 2 <= → true
>=
  Whether the second is at least the top.
  1 2 >= → false
<>
  Whether two numbers differ.
  1 2 <> → true
`;

export const INTEGERS = `
i.add
  The sum of two Ints; what is beyond 63 bits wraps around.
  40 2 i.add → 42
i.subtract
  The second minus the top.
  40 2 i.subtract → 38
i.multiply
  The product of two Ints; what is beyond 63 bits wraps around.
  6 7 i.multiply → 42
i.divide
  The quotient towards zero and true; 0 and false for a divisor of 0.
  -7 2 i.divide → -3 true
i.modulo
  The rest of the division, with the sign of the dividend, and true; 0 and false for a divisor of 0.
  -7 2 i.modulo → -1 true
i.pow
  The power and true; 0 and false for a negative exponent or a result beyond 63 bits.
  2 10 i.pow → 1024 true
i.eq
  Whether two Ints are the same.
  1 1 i.eq → true
i.lt
  Whether the second is less than the top.
  1 2 i.lt → true
i.gt
  Whether the second is more than the top.
  1 2 i.gt → false
i.lte
  Whether the second is at most the top.
  2 2 i.lte → true
i.gte
  Whether the second is at least the top.
  1 2 i.gte → false
i.neq
  Whether two Ints differ.
  1 2 i.neq → true
band
  The bits that are set in both Ints.
  12 10 band → 8
bor
  The bits that are set in one of two Ints.
  12 10 bor → 14
bxor
  The bits that are set in exactly one of two Ints.
  12 10 bxor → 6
shl
  The bits of the second moved up by so many places; those beyond 63 are lost.
  1 10 shl → 1024
shr
  The bits of the second moved down by so many places, with zeros from above.
  1024 3 shr → 128
bnot
  All 63 bits of an Int turned over.
  0 bnot → -1
popcount
  How many of the 63 bits are set.
  255 popcount → 8
clz
  How many of the 63 bits are 0 above the highest that is set.
  1 clz → 62
ctz
  How many bits are 0 below the lowest that is set.
  8 ctz → 3
i.neg
  The Int with the other sign.
  5 i.neg → -5
int-bits
  How many bits an Int has: 63.
  int-bits → 63
add
  The sum of two Ints, of the first vocabulary: i.add.
  40 2 add → 42
subtract
  The second minus the top, of the first vocabulary: i.subtract.
  40 2 subtract → 38
multiply
  The product of two Ints, of the first vocabulary: i.multiply.
  6 7 multiply → 42
divide
  The quotient towards zero, of the first vocabulary; a divisor of 0 is a fault.
  7 2 divide → 3
modulo
  The rest of the division, of the first vocabulary; a divisor of 0 is a fault.
  7 2 modulo → 1
abs
  The Int without its sign.
  -5 abs → 5
max
  The greater of two Ints.
  3 9 max → 9
min
  The lesser of two Ints.
  3 9 min → 3
gcd
  The greatest Int that divides both.
  12 18 gcd → 6
sign
  -1, 0 or 1, by the sign of the Int.
  -5 sign → -1
square
  The Int times itself.
  7 square → 49
int->bits
  The digits of base 2; of a negative Int only the lowest bit.
  10 int->bits → "1010"
int->bits-padded
  The lowest so many bits, the highest first.
  10 8 int->bits-padded → "00001010"
int->bits-fmt-8
  The lowest 8 bits in groups of four.
  40 int->bits-fmt-8 → "0010 1000"
int->bits-fmt-16
  The lowest 16 bits in groups of four.
  40 int->bits-fmt-16 → "0000 0000 0010 1000"
mod
  The rest of the division and true, as before 7.0; 0 and false for a divisor of 0.
  7 2 mod → 1 true
pow
  The power, as before 7.0: what is beyond 63 bits wraps around, and a negative exponent gives 1.
  2 10 pow → 1024
clamp
  The Int, or the nearer of the two limits above it on the stack.
  15 0 10 clamp → 10
int->string
  The decimal digits of an Int.
  -42 int->string → "-42"
int->float
  The Float nearest to an Int; exact up to 2^53.
  3 int->float → 3.0
float->int
  The Float without its fraction; the nearest Int for what is beyond all Ints, 0 for NaN.
  -2.9 float->int → -2
float->string
  The shortest decimal that reads back as the Float, without an exponent; inf, -inf or NaN.
  0.1 float->string → "0.1"
string->int
  The Int that a String writes in decimal, with white space around it, and true; 0 and false for any other text or beyond 63 bits.
  " 42 " string->int → 42 true
string->float
  The Float that a String writes in decimal, and true; 0.0 and false for any other text or beyond all Floats.
  "2.5e3" string->float → 2500.0 true
int.to-bytes-i32-be
  The lowest 32 bits of an Int as 4 bytes, the highest first.
  65 int.to-bytes-i32-be encoding.hex-encode → "00000041"
float.to-bytes-f32-be
  The nearest Float of 32 bits as 4 bytes, the highest first.
  1.0 float.to-bytes-f32-be encoding.hex-encode → "3f800000"
`;

export const FLOATS = `
f.add
  The sum of two Floats.
  0.5 0.25 f.add → 0.75
f.subtract
  The second minus the top.
  0.5 0.25 f.subtract → 0.25
f.multiply
  The product of two Floats.
  1.5 2.0 f.multiply → 3.0
f.divide
  The quotient of two Floats; an infinity or NaN for a divisor of 0.
  1.0 4.0 f.divide → 0.25
f.eq
  Whether two Floats are the same; NaN is never.
  0.5 0.5 f.eq → true
f.lt
  Whether the second is less than the top.
  1.0 2.0 f.lt → true
f.gt
  Whether the second is more than the top.
  1.0 2.0 f.gt → false
f.lte
  Whether the second is at most the top.
  2.0 2.0 f.lte → true
f.gte
  Whether the second is at least the top.
  1.0 2.0 f.gte → false
f.neq
  Whether two Floats differ.
  1.0 2.0 f.neq → true
f.sqrt
  The square root; NaN for a negative Float.
  9.0 f.sqrt → 3.0
f.cbrt
  The cube root.
  27.0 f.cbrt → 3.0
f.pow
  The second to the power of the top.
  2.0 0.5 f.pow 2.0 f.sqrt f.eq → true
f.exp
  e to the power of the Float.
  0.0 f.exp → 1.0
f.ln
  The natural logarithm.
  1.0 f.ln → 0.0
f.log10
  The logarithm of base 10.
  1000.0 f.log10 f.round → 3.0
f.log2
  The logarithm of base 2.
  8.0 f.log2 → 3.0
f.sin
  The sine of an angle in radians.
  0.0 f.sin → 0.0
f.cos
  The cosine of an angle in radians.
  0.0 f.cos → 1.0
f.tan
  The tangent of an angle in radians.
  0.0 f.tan → 0.0
f.asin
  The angle in radians that has the sine, from -pi/2 to pi/2.
  0.0 f.asin → 0.0
f.acos
  The angle in radians that has the cosine, from 0 to pi.
  1.0 f.acos → 0.0
f.atan
  The angle in radians that has the tangent, from -pi/2 to pi/2.
  0.0 f.atan → 0.0
f.atan2
  The angle in radians of the point whose y is the second and whose x is the top, from -pi to pi.
  0.0 1.0 f.atan2 → 0.0
f.floor
  The greatest whole number that is not greater.
  -2.5 f.floor → -3.0
f.ceil
  The least whole number that is not less.
  -2.5 f.ceil → -2.0
f.round
  The nearest whole number, and of two that are as near the even one.
  2.5 f.round → 2.0
f.trunc
  The Float without its fraction.
  -2.5 f.trunc → -2.0
f.pi
  The ratio of a circle's length to its diameter.
  f.pi 3.14 f.gt → true
f.e
  The base of the natural logarithm.
  f.e 2.71 f.gt → true
f.tau
  Twice pi.
  f.tau f.pi 2.0 f.multiply f.eq → true
f.abs
  The Float without its sign.
  -2.5 f.abs → 2.5
f.max
  The greater of two Floats.
  1.5 2.5 f.max → 2.5
f.min
  The lesser of two Floats.
  1.5 2.5 f.min → 1.5
f.sign
  -1.0, 0.0 or 1.0, by the sign of the Float.
  -2.5 f.sign → -1.0
f.square
  The Float times itself.
  1.5 f.square → 2.25
f.neg
  The Float with the other sign.
  2.5 f.neg → -2.5
f.clamp
  The Float, or the nearer of the two limits above it on the stack.
  1.5 0.0 1.0 f.clamp → 1.0
`;
