// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

export const STRINGS = String.raw`
string.concat
  Two Strings joined.
  "con" "cat" string.concat → "concat"
string.length
  How many code points a String has.
  "caf\xc3\xa9" string.length → 4
string.byte-length
  How many bytes a String has in UTF-8.
  "caf\xc3\xa9" string.byte-length → 5
string.char-at
  The number of the code point at a position from 0 on; -1 where there is none.
  "abc" 1 string.char-at → 98
string.substring
  So many code points, the top, from the position below it on; fewer at the end.
  "concatenate" 3 3 string.substring → "cat"
string.find
  The position in code points of the first occurrence of the top in the second; -1 where there is none.
  "concatenate" "cat" string.find → 3
string.split
  The parts of the second between the occurrences of the top.
  "a,b,,c" "," string.split → ["a" "b" "" "c"]
string.contains
  Whether the top occurs in the second.
  "concatenate" "cat" string.contains → true
string.starts-with
  Whether the second begins with the top.
  "concatenate" "con" string.starts-with → true
string.empty?
  Whether a String has no characters.
  "" string.empty? → true
string.equal?
  Whether two Strings have the same bytes.
  "a" "b" string.equal? → false
string.join
  The elements of a List as text, with the top between them.
  list-of "a" lv "b" lv ", " string.join → "a, b"
string.trim
  The String without white space at both ends; bytes that are no text stay as they are.
  "  text\n" string.trim → "text"
string.chomp
  The String without one line end at its end.
  "line\n" string.chomp → "line"
string.to-upper
  The String in capital letters; bytes that are no text stay as they are.
  "text" string.to-upper → "TEXT"
string.to-lower
  The String in small letters; bytes that are no text stay as they are.
  "TEXT" string.to-lower → "text"
string.json-escape
  The String as it stands between the quotes of JSON; a fault for bytes that are no text.
  "a\tb" string.json-escape → "a\\tb"
symbol.=
  Whether two Symbols are the same.
  :red :blue symbol.= → false
char->string
  The character of a code point; "" for a number that is none.
  65 char->string → "A"
symbol->string
  The name of a Symbol.
  :red symbol->string → "red"
string->symbol
  The Symbol of a name.
  "red" string->symbol → :red
`;

export const ENCODINGS = String.raw`
encoding.base64-encode
  The bytes of a String in base 64, with padding (RFC 4648, section 4).
  "hello" encoding.base64-encode → "aGVsbG8="
encoding.base64-decode
  The bytes that base 64 stands for, and true; "" and false for any other text.
  "aGVsbG8=" encoding.base64-decode → "hello" true
encoding.base64url-encode
  The bytes of a String in the base 64 of URLs, without padding (RFC 4648, section 5).
  "a?>" encoding.base64url-encode → "YT8-"
encoding.base64url-decode
  The bytes that the base 64 of URLs stands for, and true; "" and false for any other text.
  "YT8-" encoding.base64url-decode → "a?>" true
encoding.hex-encode
  The bytes of a String as hexadecimal digits, two for each.
  "hi" encoding.hex-encode → "6869"
encoding.hex-decode
  The bytes that hexadecimal digits stand for, and true; "" and false for any other text.
  "6869" encoding.hex-decode → "hi" true
regex.match?
  Whether the pattern on top matches anywhere in the second (RE2).
  "a1 b2" "[0-9]+" regex.match? → true
regex.find
  The first match and true; "" and false where there is none, or for a bad pattern.
  "a1 b22" "[0-9]{2}" regex.find → "22" true
regex.find-all
  All matches from the left, and true; an empty List and false for a bad pattern.
  "a1 b22" "[0-9]+" regex.find-all → ["1" "22"] true
regex.replace
  The String with the first match of the second replaced by the top, in which $1 and ${'$'}{name} are groups, and true; false for a bad pattern.
  "a1 b2" "[0-9]" "x" regex.replace → "ax b2" true
regex.replace-all
  The String with all matches replaced, and true; false for a bad pattern.
  "a1 b2" "([a-z])([0-9])" "$2$1" regex.replace-all → "1a 2b" true
regex.captures
  The groups of the first match, "" for one that took no part, and true; an empty List and false where there is none.
  "2024-11" "(\\d+)-(\\d+)" regex.captures → ["2024" "11"] true
regex.split
  The parts between the matches and true; false for a bad pattern.
  "a1b22c" "[0-9]+" regex.split → ["a" "b" "c"] true
regex.valid?
  Whether a String is a pattern of RE2.
  "(a|b" regex.valid? → false
`;

export const SECRETS = `
crypto.sha256
  The SHA-256 of the bytes, as 64 hexadecimal digits.
  "abc" crypto.sha256 → "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
crypto.hmac-sha256
  The HMAC-SHA-256 of the second under the key on top, as 64 hexadecimal digits.
  "message" "key" crypto.hmac-sha256 → "6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"
crypto.constant-time-eq
  Whether two Strings are the same, in a time that does not tell where they differ.
  "secret" "secret" crypto.constant-time-eq → true
crypto.pbkdf2-sha256
  A key of 32 bytes, as hexadecimal digits, from a password, a salt and a number of iterations from 1000 on, and true; "" and false for fewer.
  "password" "salt" 4096 crypto.pbkdf2-sha256 → "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a" true
crypto.aes-gcm-encrypt
  The second encrypted by AES-256-GCM under a key of 64 hexadecimal digits, in base 64, and true; "" and false for a bad key.
  "attack" "key" crypto.sha256 crypto.aes-gcm-encrypt drop "key" crypto.sha256 crypto.aes-gcm-decrypt → "attack" true
crypto.aes-gcm-decrypt
  What crypto.aes-gcm-encrypt encrypted, and true; "" and false for another key or changed text.
  "attack" "key" crypto.sha256 crypto.aes-gcm-encrypt drop "other" crypto.sha256 crypto.aes-gcm-decrypt → "" false
crypto.ed25519-keypair
  A new public key and, on top, its secret key, each as 64 hexadecimal digits.
  crypto.ed25519-keypair string.length swap string.length → 64 64
crypto.ed25519-sign
  The signature of a message by a secret key, as 128 hexadecimal digits, and true; "" and false for a bad key.
  "message" "ab" crypto.ed25519-sign → "" false
crypto.ed25519-verify
  Whether a signature, the second, of a message, the third, is by the public key on top.
  crypto.ed25519-keypair "message" swap crypto.ed25519-sign drop swap "message" rot rot crypto.ed25519-verify → true
crypto.random-bytes
  So many random bytes, fit for keys, as hexadecimal digits; at most a million or so at once.
  8 crypto.random-bytes string.length → 16
crypto.random-int
  A random Int from the second up to, and without, the top; in a turn it is recorded with the turn, and no secret.
  1 2 crypto.random-int → 1
crypto.uuid4
  A random UUID of version 4, of 36 characters.
  crypto.uuid4 string.length → 36
compress.gzip
  The bytes compressed as gzip, in base 64, and true.
  "hello hello hello" compress.gzip drop compress.gunzip → "hello hello hello" true
compress.gzip-level
  As compress.gzip, with a level from 1, fast, to 9, small.
  "hello hello hello" 9 compress.gzip-level drop compress.gunzip → "hello hello hello" true
compress.gunzip
  What base 64 of gzip unpacks to, at most 16 MiB, and true; "" and false for any other text.
  "hello" compress.gunzip → "" false
compress.zstd
  The bytes compressed as Zstandard, in base 64, and true.
  "hello hello hello" compress.zstd drop compress.unzstd → "hello hello hello" true
compress.zstd-level
  As compress.zstd, with a level from 1, fast, to 22, small.
  "hello hello hello" 19 compress.zstd-level drop compress.unzstd → "hello hello hello" true
compress.unzstd
  What base 64 of Zstandard unpacks to, at most 16 MiB, and true; "" and false for any other text.
  "hello" compress.unzstd → "" false
`;
