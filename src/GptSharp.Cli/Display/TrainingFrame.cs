using Spectre.Console;
using Spectre.Console.Rendering;

namespace GptSharp.Cli.Display;

/// <summary>
/// One picture of a run, laid out for whatever size the terminal has now: title, progress, figures, curve, newest sample. From 76 columns
/// on there are four figures to a row, from 36 on two, below that one; in a low window the curve goes first, then the sample.
/// </summary>
/// <param name="state">The run.</param>
/// <param name="showSample">Whether to show the newest sample; its room stays free otherwise.</param>
internal sealed class TrainingFrame(TrainingState state, bool showSample) : Renderable
{
    private const int WideFrom = 76;
    private const int MediumFrom = 36;
    private const int LeastChartHeight = 3;
    private const int MostChartHeight = 14;
    private const int LeastSampleLines = 2;
    private const int MostSampleLines = 20;

    private static readonly Style Label = new(foreground: Color.Grey);
    private static readonly Style Title = new(decoration: Decoration.Bold);
    private static readonly Style Good = new(foreground: Color.Green);
    private static readonly Style Curve = new(foreground: Color.Blue);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        List<List<Segment>> lines = [TitleLine(), ProgressLine(maxWidth), .. FigureLines(maxWidth)];

        // One row stays free for the cursor, or the terminal would scroll.
        int left = options.ConsoleSize.Height - 1 - lines.Count;
        int chartHeight = Math.Min((left - 2) / 2, MostChartHeight);
        if (chartHeight >= LeastChartHeight && maxWidth > 2 * LossChart.AxisWidth)
        {
            lines.Add([]);
            lines.AddRange(LossChart.Draw(state.History, state.Evaluation?.Floor, maxWidth, chartHeight).Select(ChartLine));
        }

        int sampleHeight = Math.Min(left - chartHeight - 3, MostSampleLines);
        if (showSample && state.Samples.Count > 0 && sampleHeight >= LeastSampleLines)
        {
            lines.Add([]);
            lines.AddRange(SampleLines(options, maxWidth, sampleHeight));
        }

        return lines.SelectMany(line => Crop(line, maxWidth).Append(Segment.LineBreak));
    }

    private static IEnumerable<Segment> Crop(List<Segment> line, int width)
    {
        int left = width;
        foreach (Segment segment in line)
        {
            if (segment.CellCount() <= left)
            {
                left -= segment.CellCount();
                yield return segment;
            }
            else if (left > 0)
            {
                yield return new(segment.Text[..left], segment.Style);
                yield break;
            }
        }
    }

    private List<Segment> TitleLine() =>
    [
        new(state.Started.Name, Title),
        new($"  {Format.Parameters(state.Started.ParameterCount)} parameters  {state.Started.Device}", Label),
    ];

    private List<Segment> ProgressLine(int width)
    {
        double share = (double)state.StepCount / state.Started.Steps;
        string text = $" {Math.Floor(100 * share),3} %  {Format.Count(state.StepCount)} / {Format.Count(state.Started.Steps)}";
        int bar = Math.Max(width - text.Length, 0);
        int filled = (int)(bar * share);
        return [new(new string('━', filled), Good), new(new string('━', bar - filled), new Style(Color.Grey23)), new(text)];
    }

    private IEnumerable<List<Segment>> FigureLines(int width)
    {
        (string Name, string Value)[] figures =
        [
            ("loss", Format.Loss(state.Step?.Loss)),
            ("lr", state.Step is { } step ? Format.Scientific(step.LearningRate) : "–"),
            ("grad norm", state.Step is { } norm ? Format.Norm(norm.GradientNorm) : "–"),
            ("tokens/s", state.Step is { } speed ? Format.Count((long)speed.TokensPerSecond) : "–"),
            ("train", Format.Loss(state.Evaluation?.TrainLoss)),
            ("validation", Format.Loss(state.Evaluation?.ValidationLoss)),
            ("floor", Format.Loss(state.Evaluation?.Floor)),
            ("gap", Format.Loss(state.Evaluation?.Gap)),
            ("elapsed", Format.Duration(state.Step?.Elapsed ?? TimeSpan.Zero)),
            ("left", state.Remaining is { } remaining ? Format.Duration(remaining) : "–"),
            ("evaluated", state.Evaluation is { } evaluation ? Format.Count(evaluation.Step) : "–"),
            ("saved", state.Checkpoint is { } checkpoint ? Format.Count(checkpoint.Step) : "–"),
        ];
        if (state.Started is { Account: not null, Memory: { } memory })
        {
            figures =
            [
                .. figures,
                ("mfu", FlopText.Share(state.Step?.Mfu)), ("hfu", FlopText.Share(state.Step?.Hfu)),
                ("micro-batch", Format.Count(memory.MicroBatch)), ("memory", Format.Bytes(memory.Peak)),
            ];
        }

        int perLine = width >= WideFrom ? 4 : width >= MediumFrom ? 2 : 1;
        int cell = width / perLine;
        foreach ((string Name, string Value)[] row in figures.Chunk(perLine))
        {
            List<Segment> line = [];
            foreach ((string name, string value) in row)
            {
                line.Add(new(name + " ", Label));
                line.Add(new(value.PadRight(Math.Max(cell - name.Length - 1, value.Length))));
            }

            yield return line;
        }
    }

    private static List<Segment> ChartLine(string line)
    {
        List<Segment> segments = [new(line[..LossChart.AxisWidth], Label)];
        string curve = line[LossChart.AxisWidth..];
        int start = 0;
        for (int end = 1; end <= curve.Length; end++)
        {
            // Runs of equal kind become one segment: the floor in one colour, the curve in another.
            if (end == curve.Length || (curve[end] == LossChart.FloorMark) != (curve[start] == LossChart.FloorMark))
            {
                segments.Add(new(curve[start..end], curve[start] == LossChart.FloorMark ? Good : Curve));
                start = end;
            }
        }

        return segments;
    }

    private IEnumerable<List<Segment>> SampleLines(RenderOptions options, int width, int count)
    {
        Training.Metrics.SampleGenerated sample = state.Samples[^1];
        yield return [new($"sample at step {Format.Count(sample.Step)}", Label)];
        IRenderable text = new Text(Format.Printable(sample.Prompt + sample.Text).TrimEnd()) { Overflow = Overflow.Fold };
        foreach (SegmentLine line in Segment.SplitLines(text.Render(options, width)).Take(count))
        {
            yield return line;
        }
    }
}
