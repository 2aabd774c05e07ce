// The Seq program that simulated clusters run: accounts that take deposits and withdrawals, send money to one
// another, ask one another for their balance, open further accounts, and talk to the volatile actors of
// notes-program.ts.
import type { SourceBundle } from '../node/seq/index.ts';
import { LETTER_SOURCE } from './letter-program.ts';
import { LINK_SOURCE } from './link-program.ts';
import { MORTAL_SOURCE } from './mortal-program.ts';
import { NOTES_SOURCE } from './notes-program.ts';
import { STASH_SOURCE } from './stash-program.ts';
import { SUBSCRIPTION_SOURCE } from './subscription-program.ts';
import { TASK_SOURCE } from './task-program.ts';
import { TIMER_SOURCE } from './timer-program.ts';
import { WATCH_SOURCE } from './watch-program.ts';

const SOURCE = `
union Account-Message {
  Deposit { amount: Int }
  Withdraw { amount: Int }
  Transfer { amount: Int, to: String, number: Int }
  Credit { amount: Int, number: Int }
  Survey { other: String }
  Open { path: String }
  Notify { notes: String }
  Consult { notes: String }
  Balance
}

: balance-of ( Map -- Int )
  "balance" map.get [ ] [ drop 0 ] if ;

: change ( Map Int -- Map )
  over balance-of i.add "balance" swap map.set ;

: answer ( Map -- Map )
  dup balance-of actor-reply ;

: refuse ( Map Int -- Map )
  drop -1 actor-reply ;

: covers? ( Map Int -- Map Int Bool )
  2dup swap balance-of i.<= ;

: withdraw ( Map Int -- Map )
  covers? [ 0 swap i.subtract change answer ] [ refuse ] if ;

# ( state amount to number )
: pay ( Map Int String Int -- Map )
  rot dup >aux swap Make-Credit actor-send
  0 aux> i.subtract change answer ;

: transfer ( Map Int String Int -- Map )
  >aux >aux covers? [ aux> aux> pay ] [ aux> aux> 2drop refuse ] if ;

: notify ( Map String -- Map )
  >aux dup "notified" number-of 1 i.add dup >aux "notified" swap map.set
  actor-self aux> Make-Notice aux> swap actor-send answer ;

: account ( Map Account-Message -- Map )
  match
    Deposit { >amount } -> change answer
    Withdraw { >amount } -> withdraw
    Transfer { >amount >to >number } -> transfer
    Credit { >amount >number } -> drop change
    Survey { >other } -> Make-Balance actor-ask actor-reply
    Open { >path } -> [ account ] actor-spawn-at drop answer
    Notify { >notes } -> notify
    Consult { >notes } -> Make-Recall actor-ask drop answer
    Balance -> answer
  end ;
`;

export const ACCOUNTS_BUNDLE: SourceBundle = {
  entry: 'accounts.seq',
  files: {
    'accounts.seq': [
      NOTES_SOURCE,
      MORTAL_SOURCE,
      TIMER_SOURCE,
      STASH_SOURCE,
      WATCH_SOURCE,
      SUBSCRIPTION_SOURCE,
      LINK_SOURCE,
      LETTER_SOURCE,
      TASK_SOURCE,
      SOURCE,
    ].join(''),
  },
};
export const ACCOUNT_WORD = 'account';
export const NOTES_WORD = 'notes';
