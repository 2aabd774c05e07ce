// The wallets of examples/transfer.seq, without comments: a test compares them.
import { type ModuleHash, moduleHash } from '../node/base/ids.ts';
import type { SourceBundle } from '../node/seq/index.ts';

const ACCOUNTS = `union AccountMsg {
  Deposit { amount: Int }
  Withdraw { amount: Int }
  Balance
}
union AccountReply {
  Balanced { balance: Int }
  Rejected { reason: String, balance: Int }
}
union AccountEvent {
  Deposited { paid: Int }
  Withdrawn { taken: Int }
}
: balance ( Map -- Int ) "balance" map.get [ ] [ drop 0 ] if ;
: set-balance ( Map Int -- Map ) "balance" swap map.set ;
: reply-balance ( Map -- Map ) dup balance Make-Balanced actor.reply ;
: reject ( Map String -- Map ) over balance Make-Rejected actor.reply ;
: deposit ( Map Int -- Map )
  dup 0 i.> [
    dup Make-Deposited journal.append
    over balance i.+ set-balance
    reply-balance
  ] [
    drop "the amount must be positive" reject
  ] if
;
: withdraw ( Map Int -- Map )
  dup 0 i.<= [
    drop "the amount must be positive" reject
  ] [
    2dup swap balance i.> [
      drop "the balance is too low" reject
    ] [
      dup Make-Withdrawn journal.append
      over balance swap i.- set-balance
      reply-balance
    ] if
  ] if
;
: account ( Map AccountMsg -- Map )
  match
    Deposit { >amount } -> deposit
    Withdraw { >amount } -> withdraw
    Balance -> reply-balance
  end
;
`;

const TRANSFER = `include "accounts"
union WalletMsg {
  Save { amount: Int }
  Holds
  Pay { id: String, payee: String, sum: Int }
  Settle { id: String }
  Payable
  Credit { payment: String, sum: Int }
  Close
}
union CreditReply {
  Credited
  Declined { why: String }
}
union Payment {
  Started { payment: String }
  Paid { payment: String }
  Returned { payment: String, why: String }
  Waits { payment: String }
  Unknown { payment: String }
}
union Aside { Aside { payee: String, sum: Int } }
: part ( Map String -- Map ) map.get [ ] [ drop map.make ] if ;
: enter ( Map String V String -- Map )
  dup >aux 3 pick swap part
  rot rot map.set aux> swap map.set
;
: leave ( Map String String -- Map )
  dup >aux 2 pick swap part
  swap map.remove aux> swap map.set
;
: in? ( Map String String -- Map String Bool )
  2 pick swap part over map.has?
;
: change-balance ( Map Int -- Map ) over balance i.+ set-balance ;
: tell-payment ( Map String -- Map )
  "aside" in? [ Make-Started actor.reply ] [
    over "ended" part over map.get [ nip actor.reply ] [ drop Make-Unknown actor.reply ] if
  ] if
;
: set-aside ( Map String String Int -- Map )
  dup >aux Make-Aside over >aux
  "aside" enter
  aux> dup Make-Started actor.reply
  actor.self swap Make-Settle actor.send
  0 aux> i.- change-balance
;
: payable? ( String -- Bool )
  Make-Payable 2000 actor.try-ask [ match Credited -> true Declined { >why } -> drop false end ] [ drop false ] if
;
: begin ( Map String String Int -- Map )
  dup 0 i.<= [ 2drop drop "the sum must be positive" reject ] [
    dup 4 pick balance i.> [ 2drop drop "the balance is too low" reject ] [
      over payable? [ set-aside ] [ 2drop drop "the payee takes no money now" reject ] if
    ] if
  ] if
;
: pay ( Map String String Int -- Map )
  >aux >aux
  "aside" in? [ true ] [ "ended" in? ] if
  [ aux> aux> 2drop tell-payment ] [ aux> aux> begin ] if
;
: conclude ( Map String Payment -- Map )
  dup actor.reply over >aux "ended" enter aux> "aside" leave
;
: return-sum ( Map String Int String -- Map )
  swap >aux over swap Make-Returned conclude aux> change-balance
;
: settle-aside ( Map String Aside -- Map )
  match
    Aside { >payee >sum } ->
      dup >aux actor.self "#" string.concat 3 pick string.concat swap
      Make-Credit 2000 actor.try-ask [
        match
          Credited -> aux> drop dup Make-Paid conclude
          Declined { >why } -> aux> swap return-sum
        end
      ] [
        aux> 2drop Make-Waits actor.reply
      ] if
  end
;
: settle ( Map String -- Map )
  over "aside" part over map.get [ settle-aside ] [ drop tell-payment ] if
;
: closed? ( Map -- Bool ) "closed" map.get [ ] [ drop false ] if ;
: reply-payable ( Map -- Map )
  dup closed? [ "the wallet is closed" Make-Declined ] [ Make-Credited ] if actor.reply
;
: credit ( Map String Int -- Map )
  >aux "credits" in? [ aux> 2drop Make-Credited actor.reply ] [
    over closed? [ aux> 2drop reply-payable ] [
      true "credits" enter aux> change-balance Make-Credited actor.reply
    ] if
  ] if
;
: wallet ( Map WalletMsg -- Map )
  match
    Save { >amount } -> deposit
    Holds -> reply-balance
    Pay { >id >payee >sum } -> pay
    Settle { >id } -> settle
    Payable -> reply-payable
    Credit { >payment >sum } -> credit
    Close -> "closed" true map.set reply-balance
  end
;
`;

export const SAGA_BUNDLE: SourceBundle = {
  entry: 'transfer.seq',
  files: { 'transfer.seq': TRANSFER, 'accounts.seq': ACCOUNTS },
};
export const SAGA_MODULE: ModuleHash = moduleHash('7a'.repeat(32));
export const SAGA_WORD = 'wallet';
