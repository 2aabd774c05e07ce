// Two programs, of which each takes over from the other: they name the count differently, and ask a ledger
// once or twice.
import { type ModuleHash, moduleHash } from '../node/base/ids.ts';
import type { SourceBundle } from '../node/seq/index.ts';

const SHARED = `
union Life-Message {
  Count { ledger: String, number: Int }
  Consult { ledger: String }
  Tally { number: Int }
  Next
}

: number-of ( Map String -- Int ) map.get [ ] [ drop 0 ] if ;
: one-more ( Map String -- Map ) 2dup number-of 1 i.add map.set ;
: to-nowhere ( Map -- Map ) 1 0 divide drop ;
: mute ( Map Life-Message -- Map ) drop ;
: ledger ( Map Life-Message -- Map )
  match
    Count { >ledger >number } -> drop drop
    Consult { >ledger } -> drop
    Tally { >number } -> drop "tallies" one-more
    Next -> "asks" one-more dup "asks" number-of actor-reply
  end ;
`;

const program = (key: string, before: string, consult: string): string => `${SHARED}
: life ( Map Life-Message -- Map )
  match
    Count { >ledger >number } -> Make-Tally actor-send "${key}" one-more dup "${key}" number-of actor-reply
    Consult { >ledger } -> ${consult} actor-reply
    Tally { >number } -> drop
    Next ->
  end ;
: migrate ( Map -- Map ) dup "${before}" number-of "${key}" swap map.set "${before}" map.remove ;
`;

export interface LifeProgram {
  readonly hash: ModuleHash;
  readonly bundle: SourceBundle;
  /** Where it keeps the count. */
  readonly key: string;
  /** How often its consultation asks. */
  readonly asks: number;
}

const made = (byte: string, key: string, before: string, asks: number, consult: string): LifeProgram => ({
  hash: moduleHash(byte.repeat(32)),
  bundle: { entry: 'life.seq', files: { 'life.seq': program(key, before, consult) } },
  key,
  asks,
});

export const LIFE_PROGRAMS: readonly [LifeProgram, LifeProgram] = [
  made('1f', 'count', 'sum', 1, 'Make-Next actor-ask'),
  made(
    '2f',
    'sum',
    'count',
    2,
    'dup >aux Make-Next actor-ask drop aux> Make-Next actor-ask 0 swap i.subtract',
  ),
];
export const LIFE_WORD = 'life';
export const LEDGER_WORD = 'ledger';
export const MUTE_WORD = 'mute';
