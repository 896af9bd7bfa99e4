/** The exit codes of the command line and the errors that lead to them. Owns no printing. */

export const EXIT = {
  done: 0,
  /** A run finished, but an expectation or an invariant failed, or it ended in a way nobody expected. */
  failed: 1,
  /** Bad usage or bad input. */
  usage: 2,
  internal: 3,
  interrupted: 130,
  terminated: 143,
} as const;

/** Bad usage or bad input: the message goes to stderr without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** What stands before the message: the program's name, unless the message begins with a place in a file. */
  readonly prefix: string;

  constructor(message: string, form: "named" | "as it is" = "named") {
    super(message);
    this.prefix = form === "named" ? "outgap: " : "";
  }
}

/** What the operating system says about a path, in words: `x.yaml: no such file`. Other errors pass unchanged. */
export function fileError(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const words = {
    ENOENT: "no such file or directory",
    EISDIR: "this is a directory",
    ENOTDIR: "a part of the path is not a directory",
    EACCES: "permission denied",
    EPERM: "operation not permitted",
    EROFS: "the file system is read-only",
    ENOSPC: "no space left on the device",
    ELOOP: "too many symbolic links",
    ENAMETOOLONG: "the name is too long",
    EMFILE: "too many open files",
    EEXIST: "it exists already",
  }[code];
  return words === undefined ? (error as Error) : new UsageError(`${path}: ${words}`);
}
