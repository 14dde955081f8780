using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GptSharp.Cli.Inspection;
using GptSharp.Files;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp inspect</c>: what is in a file or folder of tensors.</summary>
internal static class InspectCommand
{
    private static readonly JsonWriterOptions Json = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(CommandOutput output)
    {
        Argument<string> path = new("path")
        {
            Description = "A safetensors, GGUF, ONNX or token file, or the folder of a model, a checkpoint, a run, a data set or token files.",
            HelpName = "PATH",
        };
        Option<bool> json = new("--json") { Description = "Print one JSON object: format, metadata, and name, dtype and shape of every tensor." };
        Option<bool> hash = new("--sha256")
        {
            Description = "Hash every tensor: its values as little-endian float32, quantized ones too; of integers the stored bytes.",
        };
        CommandWithExamples command = new(
            "inspect",
            "Show what is in a file or folder of tensors: types, shapes, metadata. Nothing of it is run.",
            "gptsharp inspect tests/golden/interop/hf-llama",
            "gptsharp inspect tests/golden/interop/hf-gpt2/model.safetensors --sha256",
            "gptsharp inspect tests/golden/gpt2-tiny --json")
        {
            path,
            json,
            hash,
        };
        command.SetAction(parsed =>
        {
            using Inspected found = Inspector.Open(parsed.GetRequiredValue(path), notice => output.Error.WriteLine($"gptsharp: {notice}"));
            if (parsed.GetValue(json))
            {
                WriteJson(found, parsed.GetValue(hash), output.Out);
            }
            else
            {
                WriteTable(parsed.GetRequiredValue(path), found, parsed.GetValue(hash), output.Out);
            }

            return found.Problem is { } problem ? throw problem : ExitCode.Done;
        });
        return command;
    }

    private static void WriteJson(Inspected found, bool withHashes, TextWriter writer)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json))
        {
            json.WriteStartObject();
            json.WriteString("format", found.Format);
            json.WritePropertyName("metadata");
            found.Metadata.WriteTo(json);
            json.WriteStartArray("tensors");
            foreach ((ITensorFile file, TensorInfo tensor) in found.Tensors)
            {
                json.WriteStartObject();
                json.WriteString("name", tensor.Name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long length in tensor.Shape)
                {
                    json.WriteNumberValue(length);
                }

                json.WriteEndArray();
                if (withHashes)
                {
                    json.WriteString("sha256", TensorHash.Sha256(file, tensor));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void WriteTable(string path, Inspected found, bool withHashes, TextWriter writer)
    {
        writer.WriteLine($"{path}: {found.Format}");
        TextTable facts = new("", "");
        foreach ((string heading, string text) in found.Facts)
        {
            facts.Add(heading, text);
        }

        if (found.Facts.Count == 0)
        {
            foreach ((string key, var value) in found.Metadata)
            {
                facts.Add(Printable(key), Printable(value?.ToJsonString(new JsonSerializerOptions { Encoder = Json.Encoder }) ?? "null"));
            }
        }

        facts.Write(writer);
        writer.WriteLine();
        TextTable table = withHashes ? new("tensor", "dtype", "shape", ">elements", "sha256") : new("tensor", "dtype", "shape", ">elements");
        (long count, long elements) = (0, 0);
        foreach ((ITensorFile file, TensorInfo tensor) in found.Tensors)
        {
            string[] cells = [Printable(tensor.Name), tensor.Type, tensor.ShapeText, Number(tensor.Count)];
            table.Add(withHashes ? [.. cells, TensorHash.Sha256(file, tensor)] : cells);
            (count, elements) = (count + 1, elements + tensor.Count);
        }

        table.Write(writer);
        writer.WriteLine();
        writer.WriteLine($"{Number(count)} tensors, {Number(elements)} elements");
    }

    // Names come from whoever wrote the file, who may know how to paint a terminal.
    private static string Printable(string text)
    {
        const int longest = 160;
        string shown = text.Length > longest ? text[..longest] + "…" : text;
        return string.Concat(shown.Select(letter => char.IsControl(letter) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : letter.ToString()));
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
