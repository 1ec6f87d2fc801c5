//! A training run as a chart.

use super::{Chart, Line};
use crate::train::{Epoch, History};

impl From<&History> for Chart {
    /// The loss over the epochs, and that of the validation data where there are some, dashed.
    ///
    /// ```
    /// use rowmajor::plot::Chart;
    ///
    /// let chart = Chart::from(&rowmajor::train::History::default());
    /// assert!(chart.to_svg().starts_with("<svg"));
    /// ```
    fn from(history: &History) -> Chart {
        let line = |loss: fn(&Epoch) -> Option<f64>, label: &str| {
            let points = history.epochs().iter();
            let points = points.filter_map(|epoch| Some((epoch.number as f64, loss(epoch)?)));
            let (xs, ys): (Vec<f64>, Vec<f64>) = points.unzip();
            let any = !xs.is_empty();
            // As many of the one as of the other.
            Line::new(&xs, &ys)
                .ok()
                .filter(|_| any)
                .map(|line| line.label(label))
        };
        let mut chart = Chart::new().x_label("epoch").y_label("loss");
        if let Some(line) = line(|epoch| Some(epoch.loss), "training") {
            chart = chart.line(line);
        }
        if let Some(line) = line(|epoch| epoch.validation_loss, "validation") {
            chart = chart.line(line.dashed());
        }
        chart
    }
}
