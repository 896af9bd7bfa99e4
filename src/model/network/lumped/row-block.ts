/** Columns of the channels of one touched task, and the states of a channel that is treated apart. */

export const ROW = {
  /** Like any other channel: its share travels in the quanta. */
  none: 0,
  /** Touched, nothing has happened to it yet. */
  touched: 1,
  /** Its consumer died, the producer's Netty thread does not know: what is flushed is lost on the wire. */
  deadConsumer: 2,
  /** View closed, discarding from `mark` on. */
  discard: 3,
  /** No view: all since `mark` is held. */
  hold: 4,
  /** Its producer's attempt is gone. */
  deadProducer: 5,
  /** Its consumer died without a sign: it sends until its credits are used up, then its queue grows. */
  silent: 6,
} as const;

export class RowBlock {
  /** Consumer number, or −1; source number, or −1. */
  readonly consumer: number;
  readonly source: number;
  readonly state: Uint8Array;
  /** Phase of the channel's integer function, in [0, 1). */
  readonly phase: Float64Array;
  /** Positions in the originals emitted by the source: where the state's count began; what was sent on by itself. */
  readonly mark: Int32Array;
  readonly sent: Int32Array;
  /** Records of the channel that its consumer had processed when it died: of segments filled since a flush, they are in quanta to come. */
  readonly processed: Int32Array;
  /** Silent rows: credits left, and the flush that took the last one. */
  readonly credits: Float64Array;
  /** Silent rows: by how much the channel's share must have grown for its first record. */
  readonly firstIn: Float64Array;
  readonly flushNs: Float64Array;
  /** Held rows: 1 if the head of the first record went out with the old view; its rest goes no further. */
  readonly torn: Uint8Array;
  /** Held rows: 1 if the first buffer of what was held has been sent, and the rest comes after all channels' first ones. */
  readonly behind: Uint8Array;
  /** The channel takes its share out of quanta up to this position only. */
  readonly until: Float64Array;
  /** Some row had a finite `until`; the largest `processed` ever. Where they say so, a visit need not look at these columns. */
  mayEnd = false;
  mostProcessed = 0;
  /** Rows that are behind; and a row that waits for its view, as far as was last looked. */
  behindRows = 0;
  waitingAt = 0;
  /** Rows that are not `none`. */
  active = 0;
  readonly rows: number;

  constructor(consumer: number, source: number, rows: number) {
    this.consumer = consumer;
    this.source = source;
    this.rows = rows;
    this.state = new Uint8Array(rows);
    this.phase = new Float64Array(rows);
    this.mark = new Int32Array(rows);
    this.sent = new Int32Array(rows);
    this.processed = new Int32Array(rows);
    this.credits = new Float64Array(rows);
    this.firstIn = new Float64Array(rows);
    this.flushNs = new Float64Array(rows).fill(-1);
    this.torn = new Uint8Array(rows);
    this.behind = new Uint8Array(rows);
    this.until = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  }
}
