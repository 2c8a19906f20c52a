using System.Text;

namespace Fleet.Server.Trust;

/// <summary>Lets further operators in, or gives one who lost the token a new one. The server must be stopped: it reads the operators at its start.</summary>
public static class OperatorDesk
{
    /// <summary>Makes a token for an operator; what was valid for the name before no longer is.</summary>
    /// <returns>The file that holds the token, for its owner only.</returns>
    /// <exception cref="StartRefusedException">No such data directory, a server runs on it, or the name is none.</exception>
    public static string NewToken(string dataPath, string name)
    {
        if (name.Length is 0 or > 40 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || name[0] == '.')
        {
            throw new StartRefusedException($"'{name}' is no operator name: 1 to 40 characters of A-Z, a-z, 0-9, '-', '_' and '.'.");
        }

        if (!Directory.Exists(dataPath))
        {
            throw new StartRefusedException($"{Path.GetFullPath(dataPath)} does not exist. Start the server on it once.");
        }

        using var data = DataDirectory.Open(dataPath);
        if (!File.Exists(data.Setup))
        {
            throw new StartRefusedException($"{data.Root} is not complete yet. Start the server on it once.");
        }

        var token = OperatorTokens.NewToken();
        var file = name == "admin" ? data.OperatorToken : Path.Combine(data.Root, $"operator-{name}.token");
        DurableFile.WriteSecret(file, Encoding.ASCII.GetBytes(token + "\n"));
        DurableFile.WriteSecret(data.Operators, OperatorTokens.Load(data.Operators).With(name, token).Serialize());
        return file;
    }
}
