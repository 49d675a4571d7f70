import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from "node:net";

/** The system gives about 200 KB at a time over a Unix socket; more over TCP. */
const bufferBytes = 256 << 10;
/** A longer packet is passed on in pieces, as its bytes come. */
const longestWhole = bufferBytes >> 1;
/** Length and number of a packet: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html */
const headerBytes = 4;

/** A socket in the clear whose `data` events end where a packet of MySQL's ends, but within long ones. */
export interface PacketSocket extends Socket {
  /** Whether the bytes of a `data` event are good only until its listeners have returned. */
  reusesBytes: boolean;
}

/**
 * Node makes a buffer of 64 KB for each read of a socket, and the collector of garbage has 15,000 of them to find for
 * a gigabyte. This one reads into the same buffer, in larger pieces.
 */
export function openPacketSocket(target: { readonly path: string } | TcpNetConnectOpts): PacketSocket {
  const packets = new PacketBuffer((bytes) => socket.emit("data", bytes));
  const onread: OnReadOpts = {
    buffer: () => packets.room(),
    callback: (length) => {
      packets.take(length, socket.reusesBytes);
      return true;
    },
  };
  const socket = Object.assign(connect({ ...target, onread }), { reusesBytes: false });
  return socket;
}

/** Cuts what is read into whole packets. */
export class PacketBuffer {
  readonly #bytes = Buffer.allocUnsafeSlow(bufferBytes);
  readonly #pass: (bytes: Buffer) => void;
  /** Of a packet that is not whole; they lie at the buffer's start. */
  #kept = 0;
  /** Of a long packet, that are still to come. */
  #passing = 0;

  constructor(pass: (bytes: Buffer) => void) {
    this.#pass = pass;
  }

  /** Where the next bytes are to be written. */
  room(): Buffer {
    return this.#bytes.subarray(this.#kept);
  }

  /**
   * So many bytes were written to `room`. Passes them on, but for what is there of the last packet; as copies unless
   * `reused`, and where a long packet goes on, whose pieces are kept until it is whole.
   */
  take(length: number, reused: boolean): void {
    const filled = this.#kept + length;
    const end = this.#endOfPackets(filled);
    this.#kept = filled - end;
    if (end > 0) {
      const packets = this.#bytes.subarray(0, end);
      this.#pass(reused && this.#passing === 0 ? packets : Buffer.from(packets));
    }
    this.#bytes.copyWithin(0, end, filled);
  }

  #endOfPackets(filled: number): number {
    let end = Math.min(this.#passing, filled);
    this.#passing -= end;
    while (filled - end >= headerBytes) {
      const length = headerBytes + this.#bytes.readUIntLE(end, 3);
      if (length > filled - end) {
        if (length <= longestWhole) break;
        this.#passing = length - (filled - end);
        return filled;
      }
      end += length;
    }
    return end;
  }
}
