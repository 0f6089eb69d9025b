"""The steps of scripts/build_builtin_model, in the order in which it takes them:
package (download) → image (read) → pieces (cut) → normaliser, tokenizer, weights (write)
→ evaluate (measure the cut)."""
