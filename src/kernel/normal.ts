/** The standard normal distribution: density, distribution function and quantile. */

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/** c[0] + c[1] x + c[2] x² + … */
function polynomial(c: Float64Array, x: number): number {
  let value = 0;
  for (let i = c.length - 1; i >= 0; i--) value = value * x + c[i]!;
  return value;
}

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_TWO_PI;
}

const BODY_UPPER = Float64Array.of(
  220.206867912376,
  221.213596169931,
  112.079291497871,
  33.912866078383,
  6.37396220353165,
  0.700383064443688,
  0.0352624965998911,
);
const BODY_LOWER = Float64Array.of(
  440.413735824752,
  793.826512519948,
  637.333633378831,
  296.564248779674,
  86.7807322029461,
  16.064177579207,
  1.75566716318264,
  0.0883883476483184,
);

/**
 * Φ(z); relative error below 1e-12, in the lower tail too. Source: the rational approximation of J. F. Hart et al.
 * 1968 (after G. West 2005) within 3 standard deviations, beyond them its digits run out and the continued
 * fraction of Laplace takes over.
 */
export function normalCdf(z: number): number {
  const x = Math.abs(z);
  if (x > 38) return z > 0 ? 1 : 0;
  let tail: number;
  if (x < 3) {
    tail = (Math.exp(-0.5 * x * x) * polynomial(BODY_UPPER, x)) / polynomial(BODY_LOWER, x);
  } else {
    // As many levels as 1e-15 takes at this x.
    let fraction = x;
    for (let level = 16 + Math.ceil(1500 / (x * x)); level > 0; level--) fraction = x + level / fraction;
    tail = normalDensity(x) / fraction;
  }
  return z > 0 ? 1 - tail : tail;
}

const CENTRE_UPPER = Float64Array.of(
  3.3871328727963665,
  133.14166789178438,
  1971.5909503065513,
  13731.69376550946,
  45921.95393154987,
  67265.7709270087,
  33430.57558358813,
  2509.0809287301227,
);
const CENTRE_LOWER = Float64Array.of(
  1,
  42.31333070160091,
  687.1870074920579,
  5394.196021424751,
  21213.794301586597,
  39307.89580009271,
  28729.085735721943,
  5226.495278852854,
);
const MIDDLE_UPPER = Float64Array.of(
  1.4234371107496835,
  4.630337846156546,
  5.769497221460691,
  3.6478483247632045,
  1.2704582524523684,
  0.2417807251774506,
  0.022723844989269184,
  0.0007745450142783414,
);
const MIDDLE_LOWER = Float64Array.of(
  1,
  2.053191626637759,
  1.6763848301838038,
  0.6897673349851,
  0.14810397642748008,
  0.015198666563616457,
  0.0005475938084995345,
  1.0507500716444169e-9,
);
const TAIL_UPPER = Float64Array.of(
  6.657904643501103,
  5.463784911164114,
  1.7848265399172913,
  0.29656057182850487,
  0.026532189526576124,
  0.0012426609473880784,
  2.7115555687434876e-5,
  2.0103343992922881e-7,
);
const TAIL_LOWER = Float64Array.of(
  1,
  0.599832206555888,
  0.1369298809227358,
  0.014875361290850615,
  0.0007868691311456133,
  1.8463183175100548e-5,
  1.421511758316446e-7,
  2.0442631033899397e-15,
);

/** z with Φ(z) = p for p in (0,1). Source: M. J. Wichura 1988, algorithm AS 241 (PPND16), relative error 1e-16. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_UPPER, r)) / polynomial(CENTRE_LOWER, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z =
    r <= 5
      ? polynomial(MIDDLE_UPPER, r - 1.6) / polynomial(MIDDLE_LOWER, r - 1.6)
      : polynomial(TAIL_UPPER, r - 5) / polynomial(TAIL_LOWER, r - 5);
  return q < 0 ? -z : z;
}
