/** A program whose actors count what hits them, and fail or leave when they are told to. */
export const HITS = `
union Msg { Hit Total Fail Leave }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: counter ( Map Msg -- Map )
  match
    Hit -> dup total 1 i.+ "total" swap map.set
    Total -> dup total actor.reply
    Fail -> 1 0 divide drop
    Leave -> actor.self actor.stop
  end ;
`;
