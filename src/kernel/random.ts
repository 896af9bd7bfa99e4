/**
 * Random numbers by address: (purpose, entity, index) → a uniform draw, with no state, so that the order of calls
 * and the draws of others never matter. `seedrandom` turns the seed and the purpose into the keys of a family; the
 * draw itself is a keyed hash of entity and index.
 */
import seedrandom from "seedrandom";

export class RandomStreams {
  declare readonly seed: string;
  private readonly families = new Map<string, RandomFamily>();

  constructor(seed: string) {
    this.seed = seed;
  }

  /** The family of draws for one purpose; the same object for the same purpose. */
  family(purpose: string): RandomFamily {
    let family = this.families.get(purpose);
    if (family === undefined) {
      const generator = seedrandom.alea(`${this.seed}/${purpose}`);
      family = new RandomFamily(generator.int32(), generator.int32(), generator.int32(), generator.int32());
      this.families.set(purpose, family);
    }
    return family;
  }
}

/** The finaliser of C. Wellons' hash prospector (2018, public domain): a permutation of the 32-bit integers. */
function mix(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/**
 * Two keyed rounds of the permutation over the index; the keys of both rounds come from the entity. Distinct
 * entities therefore never share a stream, nor a shifted piece of one.
 */
export class RandomFamily {
  declare private readonly key0: number;
  declare private readonly key1: number;
  declare private readonly key2: number;
  declare private readonly key3: number;

  constructor(key0: number, key1: number, key2: number, key3: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
    this.key2 = key2 | 0;
    this.key3 = key3 | 0;
  }

  /** 32 random bits as an int32. `entity` is a uint32, `index` an integer in [0, 2^53). */
  bits(entity: number, index: number): number {
    let own = mix(entity ^ this.key0);
    if (index > 0xffffffff) own = mix(own ^ Math.imul(index / 0x100000000, 0x9e3779b1) ^ this.key3);
    const first = mix((index | 0) ^ own);
    return mix((first + (Math.imul(own, 0x2c1b3c6d) ^ this.key1)) | 0);
  }

  /** Uniform on (0,1) with 32 random bits, never 0 or 1. */
  uniform(entity: number, index: number): number {
    return ((this.bits(entity, index) >>> 0) + 0.5) * 2 ** -32;
  }

  /** Uniform on (0,1): an odd multiple of 2^-53, from 52 random bits whose upper 32 are those of `uniform`. */
  uniform53(entity: number, index: number): number {
    const high = this.bits(entity, index);
    // A second hash of the same address under other keys.
    const low = mix(high ^ this.key2 ^ mix((index | 0) ^ Math.imul(entity, 0x297a2d39) ^ this.key3));
    return ((high >>> 0) * 2 ** 20 + (low >>> 12) + 0.5) * 2 ** -52;
  }

  /** Uniform integer in [0, n), n ≤ 2^31. */
  below(entity: number, index: number, n: number): number {
    return Math.floor(this.uniform(entity, index) * n);
  }
}
