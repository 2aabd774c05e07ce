// The part of the Seq program that simulated clusters run whose actors are subscribed to others.

export const SUBSCRIPTION_SOURCE = `
union Hearing-Message {
  Follow { prefix: String }
  Unfollow { prefix: String }
  Newest { path: String }
  Recorded { path: String, sequence: Int, record: Map }
}

: hearing ( Map Hearing-Message -- Map )
  match
    Follow { >prefix } -> actor-subscribe 1 actor-reply
    Unfollow { >prefix } -> actor-unsubscribe 1 actor-reply
    Newest { >path } -> over swap number-of actor-reply
    Recorded { >path >sequence >record } -> drop map.set
  end ;
`;
export const SUBSCRIPTION_WORD = 'hearing';
