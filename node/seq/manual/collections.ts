// Three lines for each: its name, what it does, and an example with what that leaves. See index.ts.

export const LISTS = `
list.make
  An empty List.
  list.make → []
list.push
  The List with one more element at its end.
  list.make 1 list.push 2 list.push → [1 2]
list.get
  The element at a position from 0 on, and true; 0 and false where there is none.
  list-of "a" lv "b" lv 1 list.get → "b" true
list.set
  The List with another element at a position from 0 on, and true; the same List and false where there is none.
  list-of 1 lv 2 lv 0 9 list.set → [9 2] true
list.length
  How many elements a List has.
  list-of 1 lv 2 lv list.length → 2
list.empty?
  Whether a List has no elements.
  list.make list.empty? → true
list.reverse
  The elements from the last to the first.
  list-of 1 lv 2 lv list.reverse → [2 1]
list.first
  The first element and true; 0 and false for an empty List.
  list-of 1 lv 2 lv list.first → 1 true
list.last
  The last element and true; 0 and false for an empty List.
  list-of 1 lv 2 lv list.last → 2 true
list.map
  What a quotation makes of each element.
  list-of 1 lv 2 lv [ 10 i.* ] list.map → [10 20]
list.filter
  The elements for which a quotation leaves true.
  list-of 1 lv 5 lv [ 3 i.> ] list.filter → [5]
list.fold
  Goes through a List with a value, the second, that the quotation changes by each element.
  list-of 1 lv 2 lv 3 lv 0 [ i.+ ] list.fold → 6
list.each
  Runs a quotation on each element.
  list-of "a" lv "b" lv [ io.write ] list.each → prints "ab"
make-list
  An empty List, of the first vocabulary: list.make.
  make-list → []
list-push
  The List with one more element, of the first vocabulary: list.push.
  make-list 1 list-push → [1]
list-length
  How many elements a List has, of the first vocabulary: list.length.
  make-list 1 list-push list-length → 1
list-empty?
  Whether a List has no elements, of the first vocabulary: list.empty?.
  make-list list-empty? → true
list-of
  An empty List, before elements that lv adds.
  list-of 1 lv 2 lv → [1 2]
lv
  The List with one more element at its end.
  list-of 1 lv 2 lv → [1 2]
`;

export const MAPS = `
map.make
  An empty Map.
  map.make → {}
map.get
  The value under a key and true; 0 and false for a missing key.
  map-of "apples" 3 kv "apples" map.get [ ] [ drop 0 ] if → 3
map.set
  The Map with a value, the top, under a key, the second.
  map.make "apples" 3 map.set → {"apples" 3}
map.has?
  Whether a Map has a key.
  map-of "apples" 3 kv "pears" map.has? → false
map.remove
  The Map without a key.
  map-of "apples" 3 kv "pears" 5 kv "apples" map.remove → {"pears" 5}
map.keys
  The keys as a List, in no order that a program may count on.
  map-of "apples" 3 kv map.keys → ["apples"]
map.values
  The values as a List, in the order of map.keys.
  map-of "apples" 3 kv map.values → [3]
map.size
  How many keys a Map has.
  map-of "apples" 3 kv map.size → 1
map.empty?
  Whether a Map has no keys.
  map.make map.empty? → true
map.each
  Runs a quotation on each key and value.
  map-of "apples" 3 kv [ drop io.write ] map.each → prints "apples"
map.fold
  Goes through a Map with a value, the second, that the quotation changes by each key and value.
  map-of "apples" 3 kv "pears" 5 kv 0 [ nip i.+ ] map.fold → 8
make-map
  An empty Map, of the first vocabulary: map.make.
  make-map → {}
map-get
  The value under a key, of the first vocabulary; 0 for a missing key.
  make-map "apples" 3 map-set "apples" map-get → 3
map-get-safe
  The value under a key and true, of the first vocabulary; 0 and false for a missing key.
  make-map "apples" map-get-safe [ ] [ drop -1 ] if → -1
map-set
  The Map with a value under a key, of the first vocabulary: map.set.
  make-map "apples" 3 map-set → {"apples" 3}
map-has?
  Whether a Map has a key, of the first vocabulary: map.has?.
  make-map "apples" map-has? → false
map-remove
  The Map without a key, of the first vocabulary: map.remove.
  make-map "apples" 3 map-set "apples" map-remove → {}
map-keys
  The keys as a List, of the first vocabulary: map.keys.
  make-map "apples" 3 map-set map-keys → ["apples"]
map-values
  The values as a List, of the first vocabulary: map.values.
  make-map "apples" 3 map-set map-values → [3]
map-size
  How many keys a Map has, of the first vocabulary: map.size.
  make-map map-size → 0
map-empty?
  Whether a Map has no keys, of the first vocabulary: map.empty?.
  make-map map-empty? → true
map-of
  An empty Map, before keys and values that kv adds.
  map-of "apples" 3 kv → {"apples" 3}
kv
  The Map with a value under a key.
  map-of "apples" 3 kv "pears" 5 kv → {"apples" 3 "pears" 5}
`;

/** `variant.make-0` to `variant.make-12` are made in index.ts. */
export const VARIANTS = `
variant.field-count
  How many fields a variant has.
  3 4 :Point variant.make-2 variant.field-count → 2
variant.tag
  The tag of a variant.
  3 :Circle variant.make-1 variant.tag → :Circle
variant.field-at
  The field at a position from 0 on; a fault where there is none.
  3 4 :Point variant.make-2 1 variant.field-at → 4
variant.append
  The variant with one more field at its end.
  3 :Point variant.make-1 4 variant.append → (Point 3 4)
variant.first
  The first field; a fault where there is none.
  3 4 :Point variant.make-2 variant.first → 3
variant.last
  The last field; a fault where there is none.
  3 4 :Point variant.make-2 variant.last → 4
variant.init
  The variant without its last field.
  3 4 :Point variant.make-2 variant.init → (Point 3)
variant-tag
  The tag of a variant as a String, of the first vocabulary.
  3 :Circle variant.make-1 variant-tag → "Circle"
variant-field-at
  Of the first vocabulary: the tag at position 0, the fields from 1 on.
  3 :Circle variant.make-1 1 variant-field-at → 3
variant-field-count
  How many fields a variant has, of the first vocabulary.
  3 :Circle variant.make-1 variant-field-count → 1
variant-append
  The variant with one more field, of the first vocabulary: variant.append.
  3 :Point variant.make-1 4 variant-append → (Point 3 4)
variant-last
  The last field, of the first vocabulary: variant.last.
  3 4 :Point variant.make-2 variant-last → 4
variant-init
  The variant without its last field, of the first vocabulary: variant.init.
  3 4 :Point variant.make-2 variant-init → (Point 3)
make-variant
  A variant of a tag, the second, and one field, of the first vocabulary.
  "Deposit" 100 make-variant → (Deposit 100)
`;

export const ZIPPERS = `
zipper.from-list
  A zipper of the elements, with its cursor on the first.
  list-of 1 lv 2 lv zipper.from-list zipper.focus → 1
zipper.to-list
  All elements of a zipper.
  list-of 1 lv 2 lv zipper.from-list zipper.right zipper.to-list → [1 2]
zipper.make-empty
  A zipper without elements.
  zipper.make-empty zipper.length → 0
zipper.empty?
  Whether a zipper has no elements.
  zipper.make-empty zipper.empty? → true
zipper.right
  The cursor on the next element, or where it is on the last.
  list-of 1 lv 2 lv zipper.from-list zipper.right zipper.focus → 2
zipper.left
  The cursor on the element before, or where it is on the first.
  list-of 1 lv 2 lv zipper.from-list zipper.right zipper.left zipper.focus → 1
zipper.start
  The cursor on the first element.
  list-of 1 lv 2 lv zipper.from-list zipper.right zipper.start zipper.focus → 1
zipper.end
  The cursor on the last element.
  list-of 1 lv 2 lv 3 lv zipper.from-list zipper.end zipper.focus → 3
zipper.focus
  The element under the cursor; the variant (ZipperEmpty) where there is none.
  list-of 1 lv 2 lv zipper.from-list zipper.focus → 1
zipper.at-start?
  The zipper, and whether its cursor is on the first element.
  list-of 1 lv 2 lv zipper.from-list zipper.at-start? nip → true
zipper.at-end?
  The zipper, and whether its cursor is on the last element.
  list-of 1 lv 2 lv zipper.from-list zipper.at-end? nip → false
zipper.set
  Another element under the cursor.
  list-of 1 lv 2 lv zipper.from-list 9 zipper.set zipper.to-list → [9 2]
zipper.insert-left
  One more element before the cursor, which stays.
  list-of 1 lv 2 lv zipper.from-list 9 zipper.insert-left zipper.to-list → [9 1 2]
zipper.insert-right
  One more element behind the cursor, which stays.
  list-of 1 lv 2 lv zipper.from-list 9 zipper.insert-right zipper.to-list → [1 9 2]
zipper.delete
  The zipper without the element under the cursor, which moves to the next, or else to the one before.
  list-of 1 lv 2 lv zipper.from-list zipper.delete zipper.to-list → [2]
zipper.length
  How many elements a zipper has.
  list-of 1 lv 2 lv zipper.from-list zipper.length → 2
zipper.index
  The position of the cursor, from 0 on.
  list-of 1 lv 2 lv zipper.from-list zipper.right zipper.index → 1
`;
