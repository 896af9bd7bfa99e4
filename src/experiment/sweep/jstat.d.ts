/** The two distributions that are used of jstat, which ships no types. */
declare module "jstat" {
  interface Inverse {
    inv(p: number, dof: number): number;
  }
  interface Binomial {
    cdf(k: number, n: number, p: number): number;
  }
  const jstat: { readonly jStat: { readonly studentt: Inverse; readonly binomial: Binomial } };
  export default jstat;
}
