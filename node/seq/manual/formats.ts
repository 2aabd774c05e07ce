// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

export const SON = String.raw`
son.dump
  Seq source that makes the value, on one line; of a variant with fields and of code, a text for the eye.
  map-of "a" list-of 1 lv 2 lv kv son.dump → "map-of \"a\" list-of 1 lv 2 lv kv"
son.dump-pretty
  As son.dump, on several lines.
  list-of 1 lv son.dump-pretty → "list-of\n  1 lv"
`;

/** The words of std:json; those of std:yaml that are the same are made of them in index.ts. */
export const JSON_WORDS = String.raw`
json-null
  The value null.
  json-null json-serialize → "null"
json-bool
  The value true for an Int other than 0, else false.
  1 json-bool json-serialize → "true"
json-number
  A number.
  2.5 json-number json-serialize → "2.5"
json-string
  A string.
  "text" json-string json-serialize → "\"text\""
json-empty-object
  An object without members.
  json-empty-object json-serialize → "{}"
json-unwrap-bool
  1 or 0 for a value that is true or false.
  1 json-bool json-unwrap-bool → 1
json-unwrap-number
  The Float of a number, the nearest where it is a wide Int.
  2.5 json-number json-unwrap-number → 2.5
json-unwrap-string
  The String of a string.
  "text" json-string json-unwrap-string → "text"
json-serialize
  The text of a value, without spaces; a fault for what the text cannot say.
  "text" json-string json-serialize → "\"text\""
json-null?
  The value, and whether it is null.
  json-null json-null? nip → true
json-bool?
  The value, and whether it is true or false.
  json-null json-bool? nip → false
json-number?
  The value, and whether it is a number.
  json-null json-number? nip → false
json-string?
  The value, and whether it is a string.
  json-null json-string? nip → false
json-object?
  The value, and whether it is an object.
  json-empty-object json-object? nip → true
json-array?
  The value, and whether it is an array.
  json-null json-array? nip → false
`;

export const ONLY_JSON = String.raw`
json-true
  The value true.
  json-true json-serialize → "true"
json-false
  The value false.
  json-false json-serialize → "false"
json-int
  A number from an Int, with all its digits.
  4611686018427387903 json-int json-serialize → "4611686018427387903"
json-empty-array
  An array without elements.
  json-empty-array json-serialize → "[]"
array-with
  The array with one more element.
  json-empty-array 1 json-int array-with json-serialize → "[1]"
obj-with
  The object with one more member: a key, which is a string, and a value.
  json-empty-object "a" json-string 1 json-int obj-with json-serialize → "{\"a\":1}"
json-parse
  The value of a JSON text (RFC 8259) and true; null and false for any other text.
  "[1, true]" json-parse drop json-serialize → "[1,true]"
`;

export const ONLY_YAML = String.raw`
yaml-obj-with
  The object with one more member: a key, which is a string, and a value.
  yaml-empty-object "a" yaml-string yaml-null yaml-obj-with yaml-serialize → "{\"a\":null}"
yaml-parse
  The value of a YAML 1.2 text of at most a megabyte, and true; an empty object and false for any other text.
  "a:\n  - 1\n  - .inf\n" yaml-parse drop yaml-serialize → "{\"a\":[1,.inf]}"
yaml-strip-simple
  The lines that hold more than white space, without the white space around them.
  "  a: 1\n\n  b: 2" yaml-strip-simple → "a: 1\nb: 2"
`;

export const HTTP_TEXTS = String.raw`
http-ok
  The text of a response 200 with a body of plain text.
  "hi" http-ok http-request-line → "HTTP/1.1 200 OK"
http-not-found
  The text of a response 404 with a body of plain text.
  "hi" http-not-found http-request-line → "HTTP/1.1 404 Not Found"
http-error
  The text of a response 500 with a body of plain text.
  "hi" http-error http-request-line → "HTTP/1.1 500 Internal Server Error"
http-response
  The text of a response with a status, a reason and a body.
  201 "Created" "" http-response http-request-line → "HTTP/1.1 201 Created"
http-request-line
  The first line of a request.
  "GET /a HTTP/1.1\r\n\r\n" http-request-line → "GET /a HTTP/1.1"
http-request-method
  The method of a request, such as GET.
  "GET /a HTTP/1.1\r\n\r\n" http-request-method → "GET"
http-request-path
  The target of a request.
  "GET /a HTTP/1.1\r\n\r\n" http-request-path → "/a"
http-is-get
  Whether the method of a request is GET.
  "GET /a HTTP/1.1\r\n\r\n" http-is-get → true
http-is-post
  Whether the method of a request is POST.
  "GET /a HTTP/1.1\r\n\r\n" http-is-post → false
http-path-is
  Whether the target of a request is the top.
  "GET /a HTTP/1.1\r\n\r\n" "/a" http-path-is → true
http-path-starts-with
  Whether the target of a request begins with the top.
  "GET /a/b HTTP/1.1\r\n\r\n" "/a/" http-path-starts-with → true
http-path-suffix
  What follows the top in the target of a request; "" where it does not begin with it.
  "GET /a/b HTTP/1.1\r\n\r\n" "/a/" http-path-suffix → "b"
string-suffix-after
  What follows the top in the second; "" where it does not begin with it.
  "concatenate" "con" string-suffix-after → "catenate"
`;
