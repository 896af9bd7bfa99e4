/** Types of `bundle.mjs`. */
export function clientBundle(): { readonly script: string; readonly style: string };
