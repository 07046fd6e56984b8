import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import type { Drawn, Shape, Sketch } from "./sketch";
import css from "./Side.module.css";

/** Drawing without a mouse: move the map with the arrow keys, and put places where its cross is. */
export function DrawKeys({ sketch, drawn, shape }: { sketch: Sketch | null; drawn: Drawn | null; shape: Shape }): ReactNode {
  const t = useTranslations("map");
  const isDrawing = !drawn?.isDone;
  const count = drawn ? drawn.places.length : 0;
  return (
    <div className={css["row"]}>
      {(isDrawing || shape === "point") && (
        <Button icon="plus" isDisabled={!sketch} onPress={() => sketch?.addAtCentre()}>{t("draw.here")}</Button>
      )}
      {shape !== "point" && isDrawing && (
        <Button icon="check" isDisabled={count < (shape === "area" ? 4 : 3)} onPress={() => sketch?.finish()}>{t("draw.finish")}</Button>
      )}
      <Button icon="undo" isDisabled={!sketch || count === 0} onPress={() => sketch?.back()}>
        {t(isDrawing ? "draw.back" : "draw.again")}
      </Button>
    </div>
  );
}
