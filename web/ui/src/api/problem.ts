type Facts = Readonly<Record<string, string | number>>;

/** What went wrong, in the server's own words and by what they can be said in others. Status 0: it could not be reached. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly hint: string;
  readonly code: string;
  /** Which sentence it is, so that it can be said in another language; empty where the server only says it. */
  readonly reason: string;
  /** What is in the sentence. */
  readonly facts: Facts;
  /** The field that is wrong; empty where it is not one. */
  readonly field: string;

  constructor(message: string, status: number, hint = "", code = "", { reason = "", facts = {}, field = "" }: Partial<Pick<ApiProblem, "reason" | "facts" | "field">> = {}) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.hint = hint;
    this.code = code;
    this.reason = reason;
    this.facts = facts;
    this.field = field;
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

interface Said {
  detail?: unknown;
  hint?: unknown;
  code?: unknown;
  reason?: unknown;
  facts?: unknown;
}

interface Wrong {
  loc?: (string | number)[];
  msg?: string;
}

/** Make a problem of an answer: `detail` is a sentence, or for 422 a list of what is wrong where. */
export function problemOf(said: unknown, status: number): ApiProblem {
  const { detail, hint, code, reason, facts } = (said ?? {}) as Said;
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const also = { reason: text(reason), facts: (facts ?? {}) as Facts };
  if (Array.isArray(detail)) {
    const all = (detail as Wrong[]).map(({ loc, msg }) => `${loc?.at(-1) ?? ""}: ${msg ?? ""}`);
    return new ApiProblem(all.join("; "), status, text(hint), text(code), { ...also, field: String((detail as Wrong[])[0]?.loc?.at(-1) ?? "") });
  }
  return new ApiProblem(text(detail) || `HTTP ${status}`, status, text(hint), text(code), also);
}

/** A problem that can be kept and read again. */
export type Plain = Pick<ApiProblem, "message" | "status" | "hint" | "code" | "reason" | "facts" | "field">;

export function plainOf({ message, status, hint, code, reason, facts, field }: ApiProblem): Plain {
  return { message, status, hint, code, reason, facts, field };
}

export function problemFrom({ message, status, hint, code, ...also }: Plain): ApiProblem {
  return new ApiProblem(message, status, hint, code, also);
}
