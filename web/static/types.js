// @ts-check
/** What the API says, as far as this page reads it. Types only; nothing here runs. */

/** @typedef {"info" | "low" | "medium" | "high" | "critical"} Severity */
/** @typedef {"open" | "acknowledged" | "in_progress" | "resolved" | "closed"} AlertStatus */
/** @typedef {{type: "Point", coordinates: [number, number]}} Point GeoJSON, longitude first */

/**
 * @typedef {object} User
 * @property {number} id
 * @property {string} username
 * @property {string} [full_name]
 * @property {boolean} is_super_admin
 * @property {number | null} municipality_id null for a super admin, who sees all
 * @property {string} [role]
 */

/**
 * @typedef {object} Sensor
 * @property {number} id
 * @property {string} device_id
 * @property {string} name
 * @property {"active" | "maintenance" | "inactive" | "faulty"} status
 * @property {string} sensor_type
 * @property {string} [unit]
 * @property {Point | null} location
 * @property {string | null} last_reading_at
 * @property {number | null} last_reading in `unit`
 * @property {number | null} [battery_level] percent
 * @property {number | null} [signal_strength] dBm
 * @property {number} municipality_id
 * @property {number | null} [usual_interval_seconds] between its readings, once it is known
 * @property {boolean} [unusual] the latest reading was marked as an anomaly
 */

/**
 * @typedef {object} Change
 * @property {number} number 1, 2, 3 … within the alert
 * @property {"opened" | "reopened" | "cleared" | "returned" | "moved" | "commented"} kind
 * @property {AlertStatus | null} before
 * @property {AlertStatus} after
 * @property {string} at
 * @property {number | null} by who; null when Weir itself did it
 * @property {string} note
 * @property {{words: string, numbers: Record<string, number>} | null} evidence
 */

/**
 * @typedef {object} Alert
 * @property {number} id
 * @property {string} alert_type
 * @property {Severity} severity
 * @property {AlertStatus} status
 * @property {string} title
 * @property {string} description
 * @property {string} created_at
 * @property {Point | null} location
 * @property {number | null} sensor_id
 * @property {number} municipality_id
 * @property {boolean} [condition_active]
 * @property {number} [occurrences] readings and timers that have shown the cause
 * @property {string} [raised_at] the device's time of the cause
 * @property {string} [last_seen_at]
 * @property {string} [changed_at]
 * @property {string} [change]
 * @property {{words: string, numbers: Record<string, number>}} [evidence]
 */

/**
 * @typedef {object} Reading
 * @property {number} sensor_id
 * @property {string} device_id
 * @property {number} value
 * @property {string} unit
 * @property {string} timestamp
 * @property {boolean} is_anomaly
 */

/**
 * @typedef {object} Pipeline
 * @property {number} id
 * @property {string} name
 * @property {{type: "LineString", coordinates: [number, number][]}} geometry
 */

/**
 * @typedef {object} Series
 * @property {string[]} timestamps start of each bucket; empty buckets are left out
 * @property {number[]} min
 * @property {number[]} mean
 * @property {number[]} max
 * @property {string} unit
 */

/** @typedef {{type: string, data: any, cursor?: string, complete?: boolean}} LiveMessage */

export {};
