// The part of the Seq program that simulated clusters run whose actors watch each other.

export const WATCH_SOURCE = `
union Watch-Message {
  Look { whom: String }
  Look-Away { whom: String }
  Clasp { whom: String }
  Finish
  Terminated { path: String, reason: Symbol }
}

: watching ( Map Watch-Message -- Map )
  match
    Look { >whom } -> actor-watch 1 actor-reply
    Look-Away { >whom } -> actor-unwatch 1 actor-reply
    Clasp { >whom } -> actor-link
    Finish -> actor-self actor-stop
    Terminated { >path >reason } -> 2drop dup "told" number-of 1 i.add "told" swap map.set
  end ;
`;
export const WATCH_WORD = 'watching';
