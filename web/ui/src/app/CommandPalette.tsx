import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { Modal, ModalOverlay } from "react-aria-components";
import type { Screen } from "./screens";
import css from "./CommandPalette.module.css";

const Palette = lazy(() => import("./Palette"));

/** Ctrl K or ⌘ K: every screen and every sensor by its name, with the keyboard alone. */
export function CommandPalette({
  isOpen,
  setOpen,
  screens,
}: {
  isOpen: boolean;
  setOpen: (open: boolean) => void;
  screens: readonly Screen[];
}): ReactNode {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey))) return;
      event.preventDefault();
      setOpen(!isOpen);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isOpen, setOpen]);
  return (
    <ModalOverlay className={css["overlay"] ?? ""} isOpen={isOpen} onOpenChange={setOpen} isDismissable>
      <Modal className={css["modal"] ?? ""}>
        <Suspense fallback={null}>
          <Palette screens={screens} done={() => setOpen(false)} />
        </Suspense>
      </Modal>
    </ModalOverlay>
  );
}
