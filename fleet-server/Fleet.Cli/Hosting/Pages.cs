using Google.Protobuf.Collections;
using Grpc.Core;

namespace Fleet.Cli.Hosting;

/// <summary>Lists that come in pages.</summary>
public static class Pages
{
    private const int LargestPage = 1000;

    /// <summary>Reads until there are <paramref name="wanted"/> items or no more. The last page with all items before its own: its token tells where the list goes on.</summary>
    /// <param name="wanted">At most so many items.</param>
    /// <param name="items">The items of a page.</param>
    /// <param name="next">The token of a page; empty on the last.</param>
    /// <param name="read">Asks for the page of a token, with so many items.</param>
    public static async Task<TPage> ReadAsync<TPage, TItem>(
        int wanted, Func<TPage, RepeatedField<TItem>> items, Func<TPage, string> next, Func<string, int, AsyncUnaryCall<TPage>> read)
    {
        List<TItem> before = [];
        var token = string.Empty;
        while (true)
        {
            var page = await read(token, Math.Clamp(wanted - before.Count, 1, LargestPage));
            before.AddRange(items(page));
            token = next(page);
            if (token.Length == 0 || before.Count >= wanted)
            {
                items(page).Clear();
                items(page).AddRange(before);
                return page;
            }
        }
    }
}
