// The volatile part of the Seq program that simulated clusters run. An actor that takes notes looks for
// itself whether any comes twice or late, and keeps what it saw: under "wrong", or under "late" what another
// volatile actor sent.

export const NOTES_SOURCE = `
union Note-Message {
  Hear { number: Int }
  Relay { to: String, count: Int }
  Gift { to: String }
  Note { writer: String, number: Int }
  Notice { writer: String, number: Int }
  Recall
}

: number-of ( Map String -- Int )
  map.get [ ] [ drop 0 ] if ;

# Every life of an actor has a name of its own.
: begun ( Map -- Map )
  dup "life" map.get nip [ ] [ crypto.uuid4 "life" swap map.set ] if ;

: life ( Map -- String )
  "life" map.get [ ] [ drop "" ] if ;

: wrong ( Map String -- Map )
  "wrong" swap map.set ;

: late ( Map String -- Map )
  "late" swap map.set ;

# What a client says: at most once in a life.
: hear ( Map Int -- Map )
  2dup map.get nip [ drop "a client was heard twice" wrong ] [ true map.set ] if ;

: next ( Map -- Map Int )
  dup "sent" number-of 1 i.add dup >aux "sent" swap map.set aux> ;

: send-note ( Map String -- Map )
  >aux next over life swap Make-Note aux> swap actor-send ;

: relay ( Map String Int -- Map )
  dup 0 i.> [ 1 i.subtract >aux dup >aux send-note aux> aux> relay ] [ 2drop ] if ;

# What an actor says: each number after the one before. ( state writer number -- state writer number after? )
: after? ( Map String Int -- Map String Int Bool )
  >aux 2dup number-of aux> dup >aux i.< aux> swap ;

: take-note ( Map String Int -- Map )
  after? [ map.set ] [ drop late ] if ;

: take-notice ( Map String Int -- Map )
  after? [ map.set ] [ drop wrong ] if ;

# A number that no other gift has. ( to )
: give ( String -- )
  1 0 1000000000000 crypto.random-int Make-Credit actor-send ;

: notes ( Map Note-Message -- Map )
  >aux begun aux> match
    Hear { >number } -> hear
    Relay { >to >count } -> relay
    Gift { >to } -> give
    Note { >writer >number } -> take-note
    Notice { >writer >number } -> take-notice
    Recall -> dup actor-reply
  end ;
`;
