// The part of the Seq program that simulated clusters run whose actors set timers. An actor keeps the id of
// each pending timer in its state, by a number that its client chose.

export const TIMER_SOURCE = `
union Timer-Message {
  Set { id: Int, ms: Int }
  Pair { id: Int, ms: Int }
  Beat { ms: Int }
  Forget { id: Int }
  Ring { id: Int }
  Pulse
}

: arm ( Map Int Int -- Map )
  over Make-Ring swap actor-self rot rot actor-send-after map.set ;

: pulsed ( Map String -- Map )
  swap dup "pulses" number-of 1 i.add "pulses" swap map.set
  dup "pulses" number-of 3 i.= [ swap actor-cancel 0 map.remove ] [ nip ] if ;

: timing ( Map Timer-Message -- Map )
  match
    Set { >id >ms } -> arm
    Pair { >id >ms } -> dup >aux 2 i.multiply over >aux arm aux> 1 i.add aux> arm
    Beat { >ms } -> Make-Pulse swap actor-self rot rot actor-send-every 0 swap map.set
    Forget { >id } -> over over map.get [ actor-cancel map.remove ] [ 2drop ] if
    Ring { >id } -> over over map.get nip [ map.remove ] [ drop ] if
    Pulse -> dup 0 map.get [ pulsed ] [ drop ] if
  end ;
`;
export const TIMER_WORD = 'timing';
