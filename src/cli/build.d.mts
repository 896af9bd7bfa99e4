/** Types of `build.mjs`. */
export function build(options?: { readonly quiet?: boolean }): Promise<boolean>;
