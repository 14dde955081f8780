namespace GptSharp.Data.Datasets;

/// <summary>One token file of a data set, as its index has it.</summary>
/// <param name="File">Its name in the data set's folder.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Documents">Documents that start in it; 0 where the text is one.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of the file, as <c>sha256sum</c> prints it.</param>
public sealed record DatasetShard(string File, long Tokens, long Documents, long Bytes, string Sha256);
