//! Charts as SVG: areas on top of each other over time. What a chart shows stands in a table as well.

use std::fmt::Write as _;

/// One band of a chart.
pub(super) struct Band<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Class of its colour.
    pub(super) class: &'static str,
    /// Its height at each time.
    pub(super) values: Vec<usize>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 48.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 10.0;

/// Bands over times (seconds since 1970, ascending), each on top of the one before. One time alone makes a bar.
pub(super) fn stacked(title: &str, times: &[i64], days: &[String], bands: &[Band<'_>]) -> String {
    let sums: Vec<usize> =
        (0..times.len()).map(|at| bands.iter().filter_map(|band| band.values.get(at)).sum()).collect();
    let most = nice(sums.iter().copied().max().unwrap_or(0));
    let x = |at: usize| -> f64 {
        let (first, last) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
        let place = times.get(at).map_or(0, |time| time - first);
        let share = if last > first { ratio(place, last - first) } else { 0.5 };
        LEFT + (WIDTH - LEFT - 10.0) * share
    };
    let y = |value: usize| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - count(value) / count(most));
    let mut svg =
        format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\" class=\"chart\">\n");
    for step in 0..=4 {
        let value = most * step / 4;
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text x=\"{}\" y=\"{:.1}\" class=\"axis end\">{value}</text>",
            WIDTH - 10.0,
            LEFT - 6.0,
            y(value) + 4.0,
            y = y(value)
        );
    }
    let mut below = vec![0; times.len()];
    for band in bands {
        let above: Vec<usize> =
            below.iter().enumerate().map(|(at, below)| below + band.values.get(at).copied().unwrap_or(0)).collect();
        let mut points = String::new();
        if times.len() == 1 {
            let (from, to) = (y(above.first().copied().unwrap_or(0)), y(below.first().copied().unwrap_or(0)));
            let (left, right) = (x(0) - 40.0, x(0) + 40.0);
            let _ = write!(points, "{left:.1},{from:.1} {right:.1},{from:.1} {right:.1},{to:.1} {left:.1},{to:.1}");
        } else {
            for (at, value) in above.iter().enumerate() {
                let _ = write!(points, "{:.1},{:.1} ", x(at), y(*value));
            }
            for (at, value) in below.iter().enumerate().rev() {
                let _ = write!(points, "{:.1},{:.1} ", x(at), y(*value));
            }
        }
        let _ = writeln!(
            svg,
            "<polygon class=\"{}\" points=\"{}\"><title>{}</title></polygon>",
            band.class,
            points.trim_end(),
            band.name
        );
        below = above;
    }
    let ends: Vec<usize> = if times.len() > 1 { vec![0, times.len() - 1] } else { vec![0] };
    for at in ends {
        let class = if at == 0 && times.len() > 1 { "axis" } else { "axis end" };
        if let Some(day) = days.get(at) {
            let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{}\" class=\"{class}\">{day}</text>", x(at), HEIGHT - 8.0);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The next round number that divides into four.
fn nice(most: usize) -> usize {
    let mut scale = 1;
    loop {
        let steps = [4, 8, 12, 16, 20, 24, 32];
        if let Some(found) = steps.iter().map(|step| step * scale).find(|end| *end >= most) {
            return found;
        }
        scale *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

#[expect(clippy::cast_precision_loss, reason = "places on a screen")]
fn count(value: usize) -> f64 {
    value as f64
}
