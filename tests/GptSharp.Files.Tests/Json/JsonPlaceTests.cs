using System.Text;
using System.Text.Json;
using GptSharp.Files.Json;

namespace GptSharp.Files.Tests.Json;

public sealed class JsonPlaceTests
{
    private static string Refusal(string json, Action<JsonPlace> read) => Assert.Throws<RefusedFileException>(() =>
    {
        using JsonDocument document = JsonPlace.Parse("file.json", Encoding.UTF8.GetBytes(json));
        read(JsonPlace.Of("file.json", document));
    }).Message;

    [Fact]
    public void Values_are_read_at_their_places()
    {
        using JsonDocument document = JsonPlace.Parse("file.json", Encoding.UTF8.GetBytes("\uFEFF" + """{"a":{"b":[1,"é",true,null,2.5]}}"""));
        JsonPlace[] items = [.. JsonPlace.Of("file.json", document)["a"]["b"].Items()];
        Assert.Equal((1L, "é", true, 2.5), (items[0].Whole(0, 1), items[1].Text(), items[2].Flag(false), items[4].Number()));
        Assert.False(items[3].IsGiven);
        Assert.Equal("a.b[4]", items[4].Name);
        Assert.Equal("other", JsonPlace.Of("file.json", document)["c"].Text("other"));
        Assert.Equal(["a"], JsonPlace.Of("file.json", document).Members().Select(member => member.Key));
    }

    [Theory]
    [InlineData("file.json: a.b[1] is the text \"é\", but must be a whole number.", """{"a":{"b":[1,"é"]}}""")]
    [InlineData("file.json: a.b[1] is 9, but must be a whole number from 0 to 5.", """{"a":{"b":[1,9]}}""")]
    [InlineData("file.json: a.b[1] is 1e400, but must be a whole number from 0 to 5.", """{"a":{"b":[1,1e400]}}""")]
    [InlineData("file.json: a.b is missing, but must be a list.", """{"a":{}}""")]
    [InlineData("file.json: a is null, but must be an object.", """{"a":null}""")]
    [InlineData("file.json: it is a list, but must be an object.", "[]")]
    public void What_is_wrong_is_told_with_file_and_place(string expected, string json) =>
        Assert.Equal(expected, Refusal(json, root =>
        {
            foreach (JsonPlace item in root["a"]["b"].Items())
            {
                item.Whole(0, 5);
            }
        }));

    [Fact]
    public void Numbers_must_be_finite_and_json_must_be_json()
    {
        Assert.Contains("must be a finite number", Refusal("[1e999]", root => root.Items().First().Number()), StringComparison.Ordinal);
        Assert.Contains("it is no valid JSON", Refusal("[NaN]", _ => { }), StringComparison.Ordinal);
        Assert.Contains("it is no valid JSON", Refusal("""{"a":1,"a":2}""", _ => { }), StringComparison.Ordinal);
        Assert.Contains("it is no valid JSON", Refusal(new string('[', 100_000), _ => { }), StringComparison.Ordinal);
        Assert.Contains("half of a surrogate pair", Refusal("""["\ud800"]""", root => root.Items().First().Text()), StringComparison.Ordinal);
        Assert.StartsWith("file.json: line 2, byte 4:", Refusal("[1,\n 2,]", _ => { }), StringComparison.Ordinal);
    }
}
