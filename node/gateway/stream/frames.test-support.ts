// Frames as a client of WebSocket sends them, also such as no client should.

export interface FrameOptions {
  readonly isLast?: boolean;
  readonly mask?: Uint8Array;
}

export function maskedFrame(opcode: number, payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { isLast = true, mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d) } = options;
  const length = payload.length;
  const head = [opcode | (isLast ? 0x80 : 0)];
  if (length < 126) head.push(0x80 | length);
  else if (length < 0x10000) head.push(0xfe, length >>> 8, length & 0xff);
  else
    head.push(0xff, 0, 0, 0, 0, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}
