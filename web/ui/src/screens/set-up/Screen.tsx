import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, Redirect, useLocation } from "wouter";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { Panel } from "@/parts/Panel";
import { Empty, Failed, Loading } from "@/parts/states";
import { SecondFactor } from "@/screens/account/Security";
import type { Key } from "./keys";
import { StepDevice } from "./StepDevice";
import { StepDuty } from "./StepDuty";
import { StepNetwork } from "./StepNetwork";
import { StepPlace } from "./StepPlace";
import { firstLeft, isDone, neighbours, stepOf, STEPS, type Besides, type Progress, type Step } from "./steps";
import { StepSensors } from "./StepSensors";
import { StepSummary } from "./StepSummary";
import { useBesides, useProgress } from "./use-progress";
import css from "./Wizard.module.css";

const NEEDS: Partial<Record<Step, string>> = {
  network: "network.edit",
  sensors: "devices.manage",
  device: "devices.manage",
  duty: "channels.manage",
};

/** The first steps of a municipality, in any order, left and taken up again at will. */
export default function SetUpScreen(): ReactNode {
  const t = useTranslations("setUp");
  const [path] = useLocation();
  const { id, name } = useMunicipality();
  const progress = useProgress();
  const besides = useBesides();
  const step = stepOf(path);
  return (
    <div className={css["screen"]}>
      <h1>{t("wizard", { name })}</h1>
      {progress.isPending && <Loading />}
      {progress.isError && !progress.data && <Failed problem={progress.error} retry={() => void progress.refetch()} />}
      {progress.data && !step && <Redirect to={`/set-up/${firstLeft(progress.data, besides)}`} replace />}
      {progress.data && step && <Wizard key={id} step={step} progress={progress.data} besides={besides} />}
    </div>
  );
}

function Wizard({ step, progress, besides }: { step: Step; progress: Progress; besides: Besides }): ReactNode {
  const t = useTranslations("setUp");
  const [, navigate] = useLocation();
  const [keys, setKeys] = useState<Key[]>([]);
  const may = useMay();
  const { before, after } = neighbours(step);
  const place = useFocusOn(step);
  const done = (): void => navigate(`/set-up/${after ?? "summary"}`);
  const need = NEEDS[step];
  const bodies: Record<Step, ReactNode> = {
    place: <StepPlace progress={progress} done={done} />,
    network: <StepNetwork progress={progress} done={done} />,
    sensors: <StepSensors progress={progress} keys={keys} onKeys={setKeys} />,
    device: <StepDevice progress={progress} keys={keys} onKeys={setKeys} />,
    duty: <StepDuty />,
    security: <SecondFactor mustEnrol={false} />,
    summary: <StepSummary progress={progress} besides={besides} />,
  };
  return (
    <div className={css["columns"]}>
      <Steps step={step} progress={progress} besides={besides} />
      <div ref={place} className={css["step"]} tabIndex={-1} role="group" aria-label={t(`steps.${step}`)}>
        {step === "security" ? (
          bodies.security // which is a panel of its own, under the same name
        ) : (
          <Panel title={t(`steps.${step}`)}>
            <div className={css["body"]}>{need === undefined || may(need) ? bodies[step] : <Empty>{t("notYours")}</Empty>}</div>
          </Panel>
        )}
        <div className={css["ends"]}>
          {before ? <Link className={css["card"] ?? ""} href={`/set-up/${before}`}>{t("back")}</Link> : <span />}
          {after && (
            <Link className={css["card"] ?? ""} href={`/set-up/${after}`}>
              {isDone(step, progress, besides) ? t("next") : t("skip")}
            </Link>
          )}
        </div>
      </div>
    </div>
  );
}

function Steps({ step, progress, besides }: { step: Step; progress: Progress; besides: Besides }): ReactNode {
  const t = useTranslations("setUp");
  return (
    <nav aria-label={t("firstSteps")}>
      <ol className={css["steps"]}>
        {STEPS.map((each, index) => {
          const isReady = isDone(each, progress, besides);
          return (
            <li key={each}>
              <Link href={`/set-up/${each}`} aria-current={each === step ? "step" : undefined}>
                <span className={css["mark"]} aria-hidden="true">
                  {isReady ? "✓" : index + 1}
                </span>
                <span className={css["name"]}>{t(`steps.${each}`)}</span>
                {isReady && <span className="visually-hidden">{t("done")}</span>}
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** Put the focus on a step when it changes, so that a keyboard and a screen reader go with it. */
function useFocusOn(step: Step) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) place.current?.focus();
    shown.current = step;
  }, [step]);
  return place;
}
