// The part of the Seq program that simulated clusters run whose actors are linked, and look for each
// other. One that traps ends is in watch-program.ts.

export const LINK_SOURCE = `
union Link-Message {
  Tie { whom: String }
  Untie { whom: String }
  Fall
  Find { whom: String }
  Name { name: String }
}

: sought ( String Bool -- ) [ ] [ drop "nobody" ] if actor-reply ;

: linked ( Map Link-Message -- Map )
  match
    Tie { >whom } -> actor-link
    Untie { >whom } -> actor-unlink
    Fall -> 1 0 divide drop
    Find { >whom } -> actor-whereis sought
    Name { >name } -> [ linked ] actor-register actor-reply
  end ;
`;
export const LINK_WORD = 'linked';
