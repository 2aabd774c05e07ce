// The part of the Seq program that simulated clusters run whose actor puts messages aside while it is locked.
// Its records say by an event what became of each message: `(Aside id)` or `(Done id)`.

export const STASH_SOURCE = `
union Stash-Message {
  Leave { id: Int }
  Fetch { id: Int }
  Unlock
  Lock
  Query { whom: String, id: Int }
}
union Stash-Event { Aside { id: Int } Done { id: Int } }

: unlocked? ( Map -- Map Bool )
  dup "unlocked" map.get [ ] [ drop false ] if ;

: put-aside ( Map Int -- Map )
  Make-Aside journal-append actor-stash ;

: stashing ( Map Stash-Message -- Map )
  match
    Leave { >id } -> swap unlocked? [ swap Make-Done journal-append ] [ swap put-aside ] if
    Fetch { >id } -> swap unlocked? [ swap dup actor-reply Make-Done journal-append ] [ swap put-aside ] if
    Unlock -> "unlocked" true map.set actor-unstash-all 1 actor-reply
    Lock -> "unlocked" false map.set 1 actor-reply
    Query { >whom >id } -> Make-Fetch actor-ask actor-reply
  end ;
`;
export const STASH_WORD = 'stashing';
