// The part of the Seq program that simulated clusters run whose messages may find nobody who takes them.

export const LETTER_SOURCE = `
union Letter-Message { Write { to: String, id: Int } Arrive { id: Int } }

: writing ( Map Letter-Message -- Map )
  match
    Write { >to >id } -> Make-Arrive actor-send
    Arrive { >id } -> true map.set
  end ;
`;
export const LETTER_WORD = 'writing';
