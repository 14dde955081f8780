// Trains a small GPT on the characters of a text:  03-TrainShakespeare [text file] [steps]
using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Training;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

string path = args.Length > 0 ? args[0] : "data/tinyshakespeare.txt";
int steps = args.Length > 1 ? int.Parse(args[1]) : 1000;
bool useStories = args.Length == 0 && !File.Exists(path);
Console.WriteLine(useStories ? $"No {path} here (gptsharp data get tinyshakespeare gets it): learning the built-in stories." : $"Learning {path}.");
string text = useStories ? StoryCorpus.Write(StoryGrammar.BuiltIn, seed: 1, characters: 1_000_000, 0, 0).Training.Text : File.ReadAllText(path);
CharTokenizer tokenizer = CharTokenizer.Of(text);

// The model: 4 blocks of 4 heads, 128 channels, that see 64 characters at once.
using Device device = Devices.Open("auto");
var config = new GptConfig { VocabularySize = tokenizer.VocabularySize, BlockSize = 64, LayerCount = 4, HeadCount = 4, Width = 128 };
using var model = new Gpt(device.Engine, config, device.Precision);
model.Initialize(seed: 1);

// The training: batches of 12 blocks, AdamW, a cosine from 1e-3 to 1e-4 after a short warm-up.
var blocks = new BlockSet(new MemoryTokens(tokenizer.Encode(text), tokenizer.VocabularySize), config.BlockSize, BlockAlignment.Stream);
var optimizer = new AdamW(model.Arena, new AdamWOptions(Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, GradientClip: 1));
var schedule = new LearningRateSchedule(ScheduleShape.Cosine, Peak: 1e-3, Minimum: 1e-4, WarmupSteps: Math.Min(100, steps / 10), steps);
var training = new TrainStep(model, optimizer, new BatchSampler(blocks, seed: 1, batchSize: 12), schedule, seed: 1, microBatch: 12);
for (int step = 0; step < steps; step++)
{
    double loss = training.Run(step, batch: step).Loss;    // forward, backward, update
    if (step % Math.Max(1, steps / 10) == 0 || step == steps - 1) { Console.WriteLine($"step {step + 1,5}   loss {loss:0.000}"); }
}

// The model writes: from the text's first character on, 400 more, each drawn from what the model expects next.
int[] prompt = tokenizer.Encode(text[..1]);
int[] written = new Generator(model).Generate([prompt], new SamplingOptions { MaxTokens = 400, Temperature = 0.8 })[0];
Console.WriteLine($"{Environment.NewLine}{tokenizer.Decode([.. prompt, .. written])}");
