import type { ReactNode } from "react";
import { Form as Base } from "react-aria-components";
import { useTranslations } from "use-intl";
import { Button } from "./Button";
import css from "./Form.module.css";

/** Fields with their one button; Enter sends it. */
export function Form({
  onSubmit,
  isBusy,
  submit,
  onCancel,
  children,
}: {
  onSubmit: () => void;
  isBusy: boolean;
  /** The word on the button, else “Save”. */
  submit?: string;
  onCancel?: () => void;
  children: ReactNode;
}): ReactNode {
  const t = useTranslations("app");
  return (
    <Base
      className={css["form"] ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <div className={css["buttons"]}>
        <Button type="submit" kind="primary" isDisabled={isBusy}>
          {submit ?? t("save")}
        </Button>
        {onCancel && <Button onPress={onCancel}>{t("cancel")}</Button>}
      </div>
    </Base>
  );
}
