import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Empty, Failed, Loading } from "./states";

/** What was asked of the server: on its way, failed with the way to try again, nothing, or there. */
export function Asked<T>({
  of,
  empty,
  children,
}: {
  of: UseQueryResult<T>;
  /** Said in place of an empty list. */
  empty?: ReactNode;
  children: (found: T) => ReactNode;
}): ReactNode {
  if (of.data === undefined) return of.isError ? <Failed problem={of.error} retry={() => void of.refetch()} /> : <Loading />;
  return (
    <>
      {of.isError && <Failed problem={of.error} retry={() => void of.refetch()} />}
      {Array.isArray(of.data) && of.data.length === 0 && empty ? <Empty>{empty}</Empty> : children(of.data)}
    </>
  );
}
