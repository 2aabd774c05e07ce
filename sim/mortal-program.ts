// The part of the Seq program that simulated clusters run whose actors fail: each counts, tells another that
// it has, or faults.

export const MORTAL_SOURCE = `
union Mortal-Message {
  Count { ledger: String }
  Perish
  Tally
}

: counted ( Map -- Map )
  dup "count" number-of 1 i.add "count" swap map.set ;

: mortal ( Map Mortal-Message -- Map )
  match
    Count { >ledger } -> Make-Tally actor-send counted dup "count" number-of actor-reply
    Perish -> counted 1 0 divide drop
    Tally -> counted
  end ;
`;
export const MORTAL_WORD = 'mortal';
