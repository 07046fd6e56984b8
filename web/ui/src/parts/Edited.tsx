import { useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { Fragment, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { whole } from "@/api/client";
import { ApiProblem } from "@/api/problem";
import { Asked } from "./Asked";
import css from "./Edited.module.css";
import { tellDone, useTellFailed } from "./toasts";

/** Something with the version that it was read in (RFC 9110 8.8.3). */
export interface Tagged<T> {
  value: T;
  etag: string;
}

/** Give what the server answers together with its ETag. */
export async function tagged<T>(answer: Parameters<typeof whole<T>>[0]): Promise<Tagged<NonNullable<T>>> {
  const { data, headers } = await whole(answer);
  return { value: data, etag: headers.get("ETag") ?? "" };
}

/** A form of one thing; if somebody else was faster (412), it begins anew with theirs and says so. */
export function Edited<T, V>({
  of,
  change,
  touches,
  onDone,
  children,
}: {
  of: UseQueryResult<Tagged<T>>;
  change: (value: V, etag: string) => Promise<unknown>;
  /** Beginnings of the query keys that are fetched anew. */
  touches: readonly string[];
  onDone?: () => void;
  children: (value: T, save: (value: V) => void, isSaving: boolean) => ReactNode;
}): ReactNode {
  const t = useTranslations("app");
  const words = useTranslations("settings");
  const queries = useQueryClient();
  const failed = useTellFailed();
  const [isOvertaken, setOvertaken] = useState(false);
  const { mutate, isPending } = useMutation({
    mutationFn: (value: V) => change(value, of.data?.etag ?? ""),
    onSuccess: async () => {
      setOvertaken(false);
      await Promise.all(touches.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      tellDone(t("done"));
      onDone?.();
    },
    onError: (problem) => {
      if (!(problem instanceof ApiProblem && problem.status === 412)) return failed(problem);
      setOvertaken(true);
      void of.refetch();
    },
  });
  return (
    <Asked of={of}>
      {({ value, etag }) => (
        <>
          {isOvertaken && (
            <p role="alert" className={css["overtaken"]}>
              {words("overtaken")}
            </p>
          )}
          <Fragment key={etag}>{children(value, mutate, isPending)}</Fragment>
        </>
      )}
    </Asked>
  );
}
