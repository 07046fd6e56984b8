import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { now } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { useActiveAlerts } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Chart, type ChartHandle } from "@/parts/chart/Chart";
import { spanOf } from "@/parts/chart/span";
import { useAsked, useSeries } from "@/parts/chart/use-series";
import { Panel } from "@/parts/Panel";
import { saveCsv } from "@/parts/save";
import { Failed } from "@/parts/states";
import { tellDone, useTellFailed } from "@/parts/toasts";
import { Compare } from "./Compare";
import { Events } from "./Events";
import { csvOf, fileName, readingsCsv, savePicture } from "./export";
import { Doubtful, doubtsOf, useDoubtful } from "./Doubtful";
import type { Detail } from "./SensorScreen";
import { Spans } from "./Spans";
import { SeenTable } from "./SeenTable";
import { useMarks, useUsual } from "./use-context";
import { useCompared, useView } from "./use-view";
import css from "./Sensor.module.css";

const AXES = 80;

/** The chart of a sensor, alone or with others, and all that is done with it. */
export function ChartPanel({ detail }: { detail: Detail }): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const alerts = useActiveAlerts();
  const [view, look] = useView();
  const [compared, compare] = useCompared(detail.id);
  const [apart, setApart] = useState(false);
  const room = useRef<HTMLDivElement>(null);
  const chart = useRef<ChartHandle>(null);
  const size = useSize(room);
  const pixels = Math.max(100, size.width - AXES);
  const comparedKey = compared.join(",");
  const ids = useMemo(() => [detail.id, ...comparedKey.split(",").filter(Boolean).map(Number)], [detail.id, comparedKey]);
  const asked = useAsked(view, pixels);
  const { lines, pending, problem, retry } = useSeries(ids, view, pixels);
  const { usual } = useUsual(detail.id, asked);
  const alarmed = alerts.filter((alert) => alert.sensor_id === detail.id).map((alert) => `${alert.id}.${alert.version}`).join();
  const { marks, complete } = useMarks(detail.id, asked, alarmed);
  const doubtful = useDoubtful(detail.id, lines[0], view);
  const doubts = useMemo(() => doubtsOf(doubtful, (value, unit) => format.convert(value, unit).value), [doubtful, format]);
  const { min, max } = detail.threshold_config;
  const limits = useMemo(() => {
    const limit = (value: number | null | undefined, label: string): { value: number; label: string }[] =>
      value === null || value === undefined ? [] : [{ value: format.convert(value, detail.unit).value, label }];
    return [...limit(min, t("limitMin")), ...limit(max, t("limitMax"))];
  }, [min, max, detail.unit, format, t]);
  // With several sensors the gaps of each are its own; the marks are those of the first.
  const first = lines[0];
  const shown = useMemo(() => {
    const gaps = marks.filter((mark) => mark.kind === "gap").map((mark) => ({ from: mark.from, to: mark.to ?? now() }));
    return first && gaps.length > 0 ? [{ ...first, gaps: [...first.gaps, ...gaps].sort((one, other) => one.from - other.from) }, ...lines.slice(1)] : lines;
  }, [first, lines, marks]);
  return (
    <Panel
      title={t("history")}
      actions={
        <>
          <Button aria-label={t("earlier")} icon="back" onPress={() => chart.current?.pan(-0.5)} />
          <Button aria-label={t("zoomIn")} onPress={() => chart.current?.zoom(0.5)}>+</Button>
          <Button aria-label={t("zoomOut")} onPress={() => chart.current?.zoom(2)}>−</Button>
          <Button aria-label={t("later")} icon="forward" onPress={() => chart.current?.pan(0.5)} />
        </>
      }
    >
      <div className={css["chart"]} data-pending={pending || undefined}>
        <Spans view={view} look={look} />
        <Compare id={detail.id} compared={compared} compare={compare} apart={apart} setApart={setApart} />
        {problem !== null && lines.length === 0 && <Failed problem={problem} retry={retry} />}
        <div ref={room} className={css["room"]}>
          <Chart
            ref={chart}
            label={t("chartOf", { name: lines.map((line) => line.name).join(", ") || detail.name, unit: first?.unit ?? detail.unit })}
            lines={shown}
            view={view}
            onView={look}
            usual={ids.length === 1 ? usual : null}
            marks={marks}
            limits={limits}
            doubts={doubts}
            apart={apart}
            height={size.height}
            holds={asked}
          />
        </div>
        {!pending && lines.every((line) => line.times.length === 0) && <p role="status">{t("nothingThen")}</p>}
        <Doubtful found={doubtful} />
        <Events marks={marks} complete={complete} span={spanOf(view, now())} />
        <Save detail={detail} lines={shown} view={view} picture={(title) => chart.current?.picture(title) ?? null} />
        <SeenTable lines={shown} view={view} />
      </div>
    </Panel>
  );
}

function Save({ detail, lines, view, picture }: {
  detail: Detail;
  lines: Parameters<typeof csvOf>[0];
  view: Parameters<typeof spanOf>[0];
  picture: (title: string) => HTMLCanvasElement | null;
}): ReactNode {
  const t = useTranslations("sensors");
  const format = useFormat();
  const may = useMay();
  const failed = useTellFailed();
  const [isBusy, setBusy] = useState(false);
  const span = spanOf(view, now());
  const title = `${lines.map((line) => line.name).join(", ")} · ${format.dateTime(span.from)} – ${format.dateTime(span.to)}`;
  const readings = async (): Promise<void> => {
    setBusy(true);
    try {
      const { text, complete } = await readingsCsv(detail, spanOf(view, now()));
      saveCsv(fileName(detail.device_id, span, "readings.csv"), text);
      tellDone(complete ? t("saved") : t("savedPart"));
    } catch (problem) {
      failed(problem);
    }
    setBusy(false);
  };
  return (
    <div className={css["save"]} role="group" aria-label={t("saveAs")}>
      <Button icon="download" onPress={() => saveCsv(fileName(detail.device_id, span, "csv"), csvOf(lines, span))}>{t("saveSeen")}</Button>
      {may("data.export") && <Button icon="download" isDisabled={isBusy} onPress={() => void readings()}>{t("saveReadings")}</Button>}
      <Button icon="download" onPress={() => savePicture(picture(title), fileName(detail.device_id, span, "png"))}>{t("savePicture")}</Button>
    </div>
  );
}

function useSize(element: React.RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 900, height: 340 });
  useEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const watch = new ResizeObserver(() => {
      const width = Math.round(measured.clientWidth / 20) * 20;
      const height = Math.round(Math.min(620, Math.max(240, innerHeight * 0.42)));
      setSize((known) => (known.width === width && known.height === height ? known : { width, height }));
    });
    watch.observe(measured);
    return () => watch.disconnect();
  }, [element]);
  return size;
}
