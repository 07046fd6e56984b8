import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { Choice } from "@/parts/Choice";
import { DrawKeys } from "./DrawKeys";
import { areaOf, lengthOf } from "./geo";
import { Pane } from "./Pane";
import type { Around } from "./Side";
import type { Shape } from "./sketch";
import { useSketch } from "./use-sketch";
import css from "./Side.module.css";

/** How far it is, and how large. */
export function MeasurePane({ engine, colours, close }: Around & { close: () => void }): ReactNode {
  const t = useTranslations("map");
  const [shape, setShape] = useState<"line" | "area">("line");
  return (
    <Pane title={t("tools.measure")} close={close}>
      <Choice
        label={t("measure.what")} value={shape} onChange={setShape}
        options={[{ id: "line", name: t("measure.line") }, { id: "area", name: t("measure.area") }]}
      />
      <Measuring key={shape} shape={shape} engine={engine} colours={colours} />
    </Pane>
  );
}

function Measuring({ shape, engine, colours }: Pick<Around, "engine" | "colours"> & { shape: Shape }): ReactNode {
  const t = useTranslations("map");
  const format = useFormat();
  const { drawn, sketch } = useSketch(engine, colours, shape);
  const places = drawn?.places ?? [];
  const metres = lengthOf(places);
  const square = areaOf(places);
  const length = metres < 1000 ? `${format.number(Math.round(metres))} m` : `${format.number(Math.round(metres / 10) / 100)} km`;
  const area =
    square < 100_000 ? `${format.number(Math.round(square))} m²` : `${format.number(Math.round(square / 1000) / 10)} ha`;
  return (
    <>
      <p className={css["soft"]}>{t("draw.how")}</p>
      <DrawKeys sketch={sketch} drawn={drawn} shape={shape} />
      <p className={css["big"]} role="status">
        <bdi>{shape === "line" ? length : area}</bdi>
      </p>
      {shape === "area" && <p className={css["soft"]}>{t("measure.around", { length })}</p>}
    </>
  );
}
