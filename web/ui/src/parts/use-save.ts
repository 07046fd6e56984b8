import { useMutation, useQueryClient } from "@tanstack/react-query";
import { tellDone, useTellFailed } from "./toasts";
import { useTranslations } from "use-intl";

/**
 * Give the way to change something on the server: it says that it is done or why it is not, and has
 * what it touches (by the beginnings of query keys) fetched anew.
 */
export function useSave<V, R>(
  change: (value: V) => Promise<R>,
  { touches, onDone }: { touches: readonly string[]; onDone?: (result: R, value: V) => void },
): { save: (value: V) => void; isSaving: boolean } {
  const queries = useQueryClient();
  const failed = useTellFailed();
  const t = useTranslations("app");
  const { mutate, isPending } = useMutation({
    mutationFn: change,
    onSuccess: async (result, value) => {
      await Promise.all(touches.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      tellDone(t("done"));
      onDone?.(result, value);
    },
    onError: failed,
  });
  return { save: mutate, isSaving: isPending };
}
