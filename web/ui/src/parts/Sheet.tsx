import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useTranslations } from "use-intl";
import { Button } from "./Button";
import css from "./Sheet.module.css";

/** A dialogue over the screen: focus stays inside, Escape closes it; on a phone it fills the width. */
export function Sheet({
  title,
  isOpen,
  onClose,
  children,
  wide = false,
}: {
  title: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}): ReactNode {
  const t = useTranslations("app");
  return (
    <ModalOverlay
      className={css["overlay"] ?? ""}
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={css["modal"] ?? ""} data-wide={wide || undefined}>
        <Dialog className={css["dialog"] ?? ""}>
          <header>
            <Heading slot="title">{title}</Heading>
            <Button kind="quiet" icon="close" aria-label={t("close")} onPress={onClose} />
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
